internal import Crypto

/// The server's side of the hello: pure but for the nonce, which is passed in.
struct ServerHandshake {
    let nonce: [UInt8]
    let credentials: Credentials

    static let unproven = RPCError(
        .unauthenticated, "the identity is unknown or its proof is wrong")

    /// Who the client is and what to answer, or why it is sent away. The reason is the same for a
    /// name that is unknown and a proof that is wrong, and takes the same time: as many proofs are
    /// made as an identity has secrets while it rotates them.
    func answer(_ hello: Hello, limits: RPCLimits) throws(RPCError) -> (identity: String, Hello) {
        guard hello.version == Hello.version else {
            throw RPCError(
                .unsupportedSchema, "this server speaks version 1; say {\"version\": 1, …}")
        }
        guard let identity = hello.identity, let theirs = hello.nonce, let proof = hello.proof,
            theirs.count == Hello.nonceBytes
        else {
            throw RPCError(
                .unauthenticated,
                "a hello has version, identity, nonce (\(Hello.nonceBytes) bytes) and proof")
        }
        var secrets = credentials.identities[identity]?.secrets ?? []
        while secrets.count < 2 { secrets.append(secrets.first ?? nonce) }
        var proven: [UInt8]?
        for secret in secrets {
            let expected = Hello.proof(
                secret: secret, given: nonce, own: theirs, identity: identity)
            if Digest.equal(expected, proof) { proven = secret }
        }
        guard let secret = proven, credentials.identities[identity] != nil else {
            throw Self.unproven
        }
        var answer = Hello()
        answer.proof = Hello.proof(secret: secret, given: theirs, own: nonce, identity: identity)
        answer.maxFrame = Int64(limits.frameBytes)
        answer.maxInFlight = Int64(limits.callsPerConnection)
        return (identity, answer)
    }
}

/// The client's side of the hello.
struct ClientHandshake {
    let credential: Credential
    let nonce: [UInt8]
    private var given: [UInt8]?

    init(credential: Credential, nonce: [UInt8]) {
        self.credential = credential
        self.nonce = nonce
    }

    enum Step {
        case answer(Hello)
        case welcome
    }

    mutating func received(_ hello: Hello) throws(ProtocolViolation) -> Step {
        if let given {
            let expected = Hello.proof(
                secret: credential.secret, given: nonce, own: given,
                identity: credential.identity)
            guard let proof = hello.proof, Digest.equal(expected, proof) else {
                throw ProtocolViolation("the server could not prove itself")
            }
            return .welcome
        }
        guard let theirs = hello.nonce, theirs.count == Hello.nonceBytes else {
            throw ProtocolViolation("the server's hello has no nonce of \(Hello.nonceBytes) bytes")
        }
        guard hello.versions?.contains(Hello.version) == true else {
            throw ProtocolViolation("the server does not speak version \(Hello.version)")
        }
        given = theirs
        var answer = Hello()
        answer.version = Hello.version
        answer.identity = credential.identity
        answer.nonce = nonce
        answer.proof = Hello.proof(
            secret: credential.secret, given: theirs, own: nonce, identity: credential.identity)
        return .answer(answer)
    }
}
