import Text

extension Currency {
    /// How many decimal places the minor unit is: 2 for EUR, 0 for JPY, 3 for KWD. Nil for what is
    /// no currency of ISO 4217, or has no minor unit, such as gold.
    public var exponent: Int? { Self.exponents[ByteText(code)] }

    /// ISO 4217, list one: the currencies and funds in use and their minor units, as its
    /// maintenance agency (SIX, six-group.com) listed them on 1 February 2026. Metals, the codes
    /// for tests and for no currency, and units of account without a minor unit are left out.
    static let exponents: [ByteText: Int] = {
        let codes: [(exponent: Int, codes: String)] = [
            (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
            (
                2,
                """
                AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP \
                BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB \
                EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES \
                KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR \
                MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD \
                RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP \
                TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
                """
            ),
            (3, "BHD IQD JOD KWD LYD OMR TND"),
            (4, "CLF UYW"),
        ]
        return Dictionary(
            uniqueKeysWithValues: codes.flatMap { exponent, codes in
                codes.split(separator: " ").map { (ByteText(String($0)), exponent) }
            })
    }()
}

extension TextRule {
    /// Three capital letters. What is sold already keeps its currency when ISO 4217 drops it.
    static let currencyCode = TextRule("currency code") { utf8 in
        utf8.count == 3 && utf8.allSatisfy { (0x41...0x5a).contains($0) }
            ? nil : "must be three capital letters such as EUR"
    }

    /// What ISO 4217 lists, for what is sold from now on.
    static let currency = TextRule("currency of ISO 4217") { utf8 in
        let code = String(decoding: utf8, as: UTF8.self)
        guard Currency(code).exponent == nil else { return nil }
        return "must be a currency of ISO 4217 such as EUR, not \(code.quoted)"
    }
}

extension Money {
    /// For people: `3.96 EUR`, `396 JPY`, `0.396 KWD`.
    public var text: String {
        // A row from before codes were looked up may hold any.
        guard let exponent = currency.exponent else {
            return "\(amount) minor units of \(currency.code.quoted)"
        }
        var digits = String(amount.magnitude)
        if digits.utf8.count <= exponent {
            digits = String(repeating: "0", count: exponent + 1 - digits.utf8.count) + digits
        }
        let decimals = exponent == 0 ? "" : "." + digits.suffix(exponent)
        return "\(amount < 0 ? "-" : "")\(digits.dropLast(exponent))\(decimals) \(currency.code)"
    }
}
