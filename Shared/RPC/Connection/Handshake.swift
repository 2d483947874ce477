internal import Crypto
internal import FoundationEssentials

/// The server's side of the hello: pure but for the nonce, which is passed in.
struct ServerHandshake {
    let service: String
    let nonce: [UInt8]
    let credentials: Credentials

    static let unproven = RPCError(
        .unauthenticated, "the identity is unknown or its proof is wrong")

    /// The first word.
    var greeting: Hello {
        var hello = Hello()
        hello.versions = [Hello.version]
        hello.nonce = Data(nonce)
        hello.service = service
        return hello
    }

    /// Who the client is and what to answer, or why it is sent away. The reason is the same for a
    /// name that is unknown and a proof that is wrong, and takes the same time: as many proofs are
    /// made as an identity has secrets while it rotates them.
    func answer(_ hello: Hello, limits: RPCLimits) throws(RPCError) -> (identity: String, Hello) {
        guard hello.version == Hello.version else {
            throw RPCError(
                .unsupportedSchema,
                "this server speaks version \(Hello.version), not \(hello.version ?? 0); say "
                    + "{\"version\": \(Hello.version), …}")
        }
        guard let identity = hello.identity, let theirs = hello.nonce.map(Array.init),
            let proof = hello.proof.map(Array.init), theirs.count == Hello.nonceBytes
        else {
            throw RPCError(
                .unauthenticated,
                "a hello has version, identity, nonce (\(Hello.nonceBytes) bytes) and proof")
        }
        guard theirs != nonce else {
            throw RPCError(
                .unauthenticated, "the nonce is the server's own; draw one of random bytes")
        }
        let transcript = HelloTranscript(
            service: service, identity: identity, serverNonce: nonce, clientNonce: theirs)
        var secrets = credentials.identity(named: identity)?.secrets ?? []
        while secrets.count < 2 { secrets.append(secrets.first ?? nonce) }
        var proven: [UInt8]?
        for secret in secrets
        where Digest.equal(transcript.proof(by: .client, secret: secret), proof) {
            proven = secret
        }
        guard let secret = proven, credentials.identity(named: identity) != nil else {
            throw Self.unproven
        }
        var answer = Hello()
        answer.proof = Data(transcript.proof(by: .server, secret: secret))
        answer.maxFrame = Int64(limits.frameBytes)
        answer.maxInFlight = Int64(limits.callsPerConnection)
        answer.maxWaits = Int64(limits.waitsPerConnection)
        return (identity, answer)
    }
}

/// The client's side of the hello.
struct ClientHandshake {
    /// The one that is wanted, whatever the other side says it is.
    let service: String
    let credential: Credential
    let nonce: [UInt8]
    private var transcript: HelloTranscript?

    init(service: String, credential: Credential, nonce: [UInt8]) {
        self.service = service
        self.credential = credential
        self.nonce = nonce
    }

    enum Step {
        case answer(Hello)
        case welcome
    }

    mutating func received(_ hello: Hello) throws(ProtocolViolation) -> Step {
        if let transcript {
            let expected = transcript.proof(by: .server, secret: credential.secret)
            guard let proof = hello.proof, Digest.equal(expected, Array(proof)) else {
                throw ProtocolViolation("the server could not prove itself")
            }
            return .welcome
        }
        guard let theirs = hello.nonce.map(Array.init), theirs.count == Hello.nonceBytes else {
            throw ProtocolViolation("the server's hello has no nonce of \(Hello.nonceBytes) bytes")
        }
        guard theirs != nonce else { throw ProtocolViolation("the server's nonce is our own") }
        guard hello.versions?.contains(Hello.version) == true else {
            throw ProtocolViolation("the server does not speak version \(Hello.version)")
        }
        if let other = hello.service, other != service {
            throw ProtocolViolation("it is \(other.debugDescription), not \(service)")
        }
        let transcript = HelloTranscript(
            service: service, identity: credential.identity, serverNonce: theirs,
            clientNonce: nonce)
        self.transcript = transcript
        var answer = Hello()
        answer.version = Hello.version
        answer.identity = credential.identity
        answer.nonce = Data(nonce)
        answer.proof = Data(
            transcript.proof(by: .client, secret: credential.secret))
        return .answer(answer)
    }
}
