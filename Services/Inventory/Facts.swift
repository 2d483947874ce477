import Contracts
import FoundationEssentials
import Storage
import Wire

/// What Inventory tells the other services, in the same commit as what happened.
enum Facts {
    static func expired(_ hold: Hold, in batch: Batch) {
        emit(hold, InventoryFact.holdExpired, reason: nil, in: batch)
    }

    static func released(_ hold: Hold, _ reason: ReleaseReason, in batch: Batch) {
        emit(hold, InventoryFact.holdReleased, reason: reason, in: batch)
    }

    static func event(_ kind: String, _ event: EventView, in batch: Batch) throws {
        let fact = EventFact(eventId: event.eventId, status: event.status, version: event.version)
        batch.emit(kind, subject: event.eventId, CBOR.encode(fact))
    }

    private static func emit(
        _ hold: Hold, _ kind: String, reason: ReleaseReason?, in batch: Batch
    ) {
        guard let eventId = hold.eventId else { return }
        let fact = HoldFact(
            holdId: hold.id, eventId: eventId, orderId: hold.orderId, reason: reason,
            reference: hold.reference)
        var writer = CBORWriter(reserving: 128)
        fact.write(to: &writer)
        batch.emit(kind, subject: hold.id, writer.bytes)
    }
}
