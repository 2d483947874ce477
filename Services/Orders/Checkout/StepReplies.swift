public import Contracts
public import Saga

// What peers answer to steps, in one word for the history.

extension HoldReply: StepReply {
    public var word: String { state.word }
}

extension PaymentReply: StepReply {
    public var word: String { state.word }
}

extension RefundReply: StepReply {
    public var word: String { state.word }
}
