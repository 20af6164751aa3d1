import Packets
import Reassembly
import Testing

/// The state machine: every state with every event, from either side.
@Suite struct StateMachineTests {
  /// Flags as a row states them, and the side: `S` SYN, `A` ACK, `F` FIN, `R` RST, `-` none; `<` in front is the peer of the leader.
  private static let events = ["-", "S", "SA", "A", "F", "FA", "R", "RA", "SF", "SFA"]

  private static func flags(_ event: some StringProtocol) -> TCPFlags {
    event.reduce(into: []) { flags, letter in
      switch letter {
      case "S": flags.insert(.syn)
      case "A": flags.insert(.ack)
      case "F": flags.insert(.fin)
      case "R": flags.insert(.rst)
      default: break
      }
    }
  }

  /// A machine led there by the usual way; the leader is the responder, so that no default passes for knowledge.
  private static func machine(in state: TCPStateMachine.State, missing: Bool = false) -> TCPStateMachine {
    let ways: [TCPStateMachine.State: [String]] = [
      .closed: [], .synSent: ["S"], .established: ["S", "<SA"], .closeWait: ["S", "<SA", "F"], .lastAck: ["S", "<SA", "F", "<FA"],
      .reset: ["S", "R"],
    ]
    var machine = TCPStateMachine(supportsMissingEstablishment: missing)
    for step in ways[state] ?? [] { #expect(Self.go(&machine, step)) }
    #expect(machine.state == state)
    return machine
  }

  private static func go(_ machine: inout TCPStateMachine, _ event: String) -> Bool {
    machine.allows(flags(event), from: event.hasPrefix("<") ? .originator : .responder)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var from: TCPStateMachine.State
    /// The state after each of `events`, first from the leader, then from its peer; nil where the event is turned away.
    var leader: [TCPStateMachine.State?]
    var peer: [TCPStateMachine.State?]
    var testDescription: String { "\(from)" }
  }

  @Test(arguments: [
    //                                 -            S         SA            A            F           FA          R       RA      SF        SFA
    Row(
      from: .closed,
      leader: [nil, .synSent, nil, nil, nil, nil, nil, nil, .synSent, nil],
      peer: [nil, .synSent, nil, nil, nil, nil, nil, nil, .synSent, nil]),
    Row(
      from: .synSent,
      leader: [nil, .synSent, nil, nil, nil, nil, .reset, .reset, .synSent, nil],
      peer: [nil, nil, .established, nil, nil, nil, .reset, .reset, nil, .established]),
    Row(
      from: .established,
      leader: [
        .established, .established, .established, .established, .closeWait, .closeWait, .reset, .reset, .closeWait, .closeWait,
      ],
      peer: [
        .established, .established, .established, .established, .closeWait, .closeWait, .reset, .reset, .closeWait, .closeWait,
      ]),
    Row(
      from: .closeWait,
      leader: [nil, nil, .closeWait, .closeWait, nil, .closeWait, .reset, .reset, nil, .closeWait],
      peer: [nil, nil, .closeWait, .closeWait, nil, .lastAck, .reset, .reset, nil, .lastAck]),
    Row(
      from: .lastAck,
      leader: [nil, nil, .closed, .closed, nil, .closed, .reset, .reset, nil, .closed],
      peer: [nil, nil, nil, nil, nil, nil, .reset, .reset, nil, nil]),
    Row(
      from: .reset,
      leader: Array(repeating: nil, count: 10),
      peer: Array(repeating: nil, count: 10)),
  ])
  func everyStateWithEveryEvent(row: Row) {
    for (prefix, states) in [("", row.leader), ("<", row.peer)] {
      #expect(states.count == Self.events.count)
      for (event, expected) in zip(Self.events, states) {
        var machine = Self.machine(in: row.from)
        let allowed = Self.go(&machine, prefix + event)
        #expect(allowed == (expected != nil), "\(prefix)\(event)")
        #expect(machine.state == expected ?? row.from, "\(prefix)\(event)")
      }
    }
  }

  /// The first segment tells the state where the beginning was not captured.
  @Test(arguments: [
    ("-", TCPStateMachine.State.established), ("S", .synSent), ("SA", .established), ("A", .established), ("F", .closeWait),
    ("FA", .lastAck), ("R", .reset), ("RA", .reset), ("SF", .synSent), ("SFA", .established),
  ])
  func missingEstablishment(event: String, state: TCPStateMachine.State) {
    var machine = TCPStateMachine(supportsMissingEstablishment: true)
    #expect(Self.go(&machine, event))
    #expect(machine.state == state)
  }

  /// Who leads after a guess: the answer to a guessed SYN-ACK is the peer's, and the last ACK after a guessed FIN too.
  @Test func whoLeadsAfterAGuess() {
    var closing = TCPStateMachine(supportsMissingEstablishment: true)
    #expect(Self.go(&closing, "FA"))
    #expect(!Self.go(&closing, "A"))
    #expect(Self.go(&closing, "<A"))
    #expect(closing.state == .closed)
    var opening = TCPStateMachine(supportsMissingEstablishment: true)
    #expect(Self.go(&opening, "SA"))
    #expect(Self.go(&opening, "<F"))
    #expect(!Self.go(&opening, "<F"))
    #expect(Self.go(&opening, "FA"))
    #expect(opening.state == .lastAck)
  }

  /// A connection that was closed in order may begin again.
  @Test func aClosedConnectionBeginsAgain() {
    var machine = Self.machine(in: .lastAck)
    for event in ["A", "<S", "SA", "A", "<-"] { #expect(Self.go(&machine, event), "\(event)") }
    #expect(machine.state == .established)
  }
}
