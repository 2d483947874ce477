import Contracts

/// Numbers as people read them.
enum Figures {
    /// `20,000`
    static func count(_ value: Int64) -> String {
        let digits = String(value.magnitude)
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { grouped += "," }
            grouped.append(digit)
        }
        return value < 0 ? "-\(grouped)" : grouped
    }

    static func count(_ value: Int) -> String { count(Int64(value)) }

    /// `0.42 s`, `12.3 s`
    static func seconds(_ value: Double) -> String {
        value < 10 ? "\(decimal(value, 2)) s" : "\(decimal(value, 1)) s"
    }

    /// `7.5 ms`
    static func milliseconds(_ value: Double) -> String {
        value < 1_000 ? "\(decimal(value, 1)) ms" : seconds(value / 1_000)
    }

    /// `1,234.50 EUR`
    static func money(_ amount: Int64, _ currency: Currency) -> String {
        let places = minorDigits[currency.code] ?? 2
        guard places > 0 else { return "\(count(amount)) \(currency.code)" }
        let unit = (0..<places).reduce(UInt64(1)) { unit, _ in unit * 10 }
        let (whole, rest) = amount.magnitude.quotientAndRemainder(dividingBy: unit)
        let minor = String(rest + unit).dropFirst()
        return "\(amount < 0 ? "-" : "")\(count(Int64(clamping: whole))).\(minor) \(currency.code)"
    }

    /// Digits behind the point where they are not two (ISO 4217).
    private static let minorDigits = [
        "BHD": 3, "CLP": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KRW": 0, "KWD": 3, "LYD": 3,
        "OMR": 3, "TND": 3, "UGX": 0, "VND": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    ]

    static func decimal(_ value: Double, _ places: Int) -> String {
        guard value.isFinite else { return "-" }
        let unit = (0..<places).reduce(1.0) { unit, _ in unit * 10 }
        let scaled = Int64((value * unit).rounded().clamped)
        let (whole, rest) = scaled.magnitude.quotientAndRemainder(dividingBy: UInt64(unit))
        let sign = scaled < 0 ? "-" : ""
        guard places > 0 else { return "\(sign)\(whole)" }
        return "\(sign)\(whole).\(String(rest + UInt64(unit)).dropFirst())"
    }

    static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    static func padLeft(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// `[======>     ]`
    static func bar(_ part: Int64, of whole: Int64, width: Int) -> String {
        let share = whole > 0 ? Double(min(part, whole)) / Double(whole) : 0
        let filled = Int(share * Double(width))
        let head = filled < width && filled > 0 ? ">" : ""
        let line = String(repeating: "=", count: max(0, filled - head.count)) + head
        return "[\(pad(line, width))]"
    }
}

extension Double {
    /// Within what an integer can hold.
    fileprivate var clamped: Double { Swift.min(Swift.max(self, -1e15), 1e15) }
}
