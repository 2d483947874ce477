import Contracts
import Foundation
import RPC
import Testing

@testable import Orders

/// What people are shown of a checkout's life is the table that the code goes by.
@Suite struct GuideTests {
    private static let readme = URL(filePath: #filePath)
        .appending(path: "../../../../README.md").standardized

    /// The table in the words of Mermaid.
    private static var diagram: String {
        let ends = CheckoutState.known.filter(\.isTerminal)
        let lines =
            ["stateDiagram-v2", "    [*] --> NEW"]
            + Transitions.table.filter { $0.from != .parked }.flatMap { from, to in
                to.map { "    \(from.word) --> \($0.word)" }
            } + ends.map { "    \($0.word) --> [*]" }
        return lines.joined(separator: "\n")
    }

    @Test func theReadmesDiagramIsTheTransitionTable() throws {
        let text = try String(contentsOf: Self.readme, encoding: .utf8)
        let block = text.components(separatedBy: "```mermaid\n").dropFirst().first?
            .components(separatedBy: "\n```").first
        #expect(block == Self.diagram, "put this into the README:\n\(Self.diagram)")
    }

    @Test func everyStateAndWayIsShown() {
        for state in CheckoutState.known where state != .parked {
            #expect(Self.diagram.contains(state.word), "\(state.word)")
        }
        for (from, to) in Transitions.table where from != .parked {
            for state in to {
                #expect(Self.diagram.contains("    \(from.word) --> \(state.word)\n"))
            }
            let line = Guide.text.split(separator: "\n").first { $0.hasPrefix("  \(from.word) ") }
            #expect(line?.hasSuffix(to.map(\.word).joined(separator: ", ")) == true)
        }
    }

    @Test func everyMethodOfABuyerIsNamed() {
        for method in [
            OrdersAPI.purchase.name, OrdersAPI.createCheckout.name, OrdersAPI.startPayment.name,
            OrdersAPI.watchCheckout.name, OrdersAPI.cancelCheckout.name,
        ] {
            #expect(Guide.text.contains(method), "\(method)")
        }
    }
}
