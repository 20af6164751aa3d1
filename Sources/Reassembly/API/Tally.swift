/// Why captured payload bytes are not part of a stream.
public enum DropReason: Int, CaseIterable, Sendable {
  case beforeStart, late, beyondFin, outOfWindow, keepAlive, rejected, rstPayload, synIgnored
  /// Not by the engine: a file was to have more bytes than its direction had.
  case belowMinimum

  /// The name in the index.
  public var name: String {
    switch self {
    case .beforeStart: "before_start"
    case .late: "late"
    case .beyondFin: "beyond_fin"
    case .outOfWindow: "out_of_window"
    case .keepAlive: "keep_alive"
    case .rejected: "rejected"
    case .rstPayload: "rst_payload"
    case .synIgnored: "syn_ignored"
    case .belowMinimum: "below_minimum"
    }
  }
}

/// Packets that were out of the ordinary, per direction.
public enum Anomaly: Int, CaseIterable, Sendable {
  case keepAlive, windowProbe, synIgnored, synAckIgnored, rstIgnored, rstWithdrawn, finIgnored, unchecked, urgent, badChecksum, fragmented
  case synWithFinOrRst, outOfWindow, rejected, rejectedByState, rejectedByOptions

  /// The name in the index.
  public var name: String {
    switch self {
    case .keepAlive: "keep_alive"
    case .windowProbe: "window_probe"
    case .synIgnored: "syn_ignored"
    case .synAckIgnored: "syn_ack_ignored"
    case .rstIgnored: "rst_ignored"
    case .rstWithdrawn: "rst_withdrawn"
    case .finIgnored: "fin_ignored"
    case .unchecked: "unchecked"
    case .urgent: "urgent"
    case .badChecksum: "bad_checksum"
    case .fragmented: "fragmented"
    case .synWithFinOrRst: "syn_with_fin_or_rst"
    case .outOfWindow: "out_of_window"
    case .rejected: "rejected"
    case .rejectedByState: "rejected_by_state"
    case .rejectedByOptions: "rejected_by_options"
    }
  }
}

/// A count for each case of an enumeration numbered from 0. Nothing is allocated before the first count.
public struct Tally<Case: CaseIterable & RawRepresentable>: Sendable where Case.RawValue == Int {
  /// By raw value; nil where nothing was counted.
  private var counts: [UInt64]?

  public init() {}

  public subscript(_ reason: Case) -> UInt64 {
    get { counts?[reason.rawValue] ?? 0 }
    set {
      if counts == nil { counts = Array(repeating: 0, count: Case.allCases.count) }
      counts?[reason.rawValue] = newValue
    }
  }

  public var total: UInt64 { counts?.reduce(0, &+) ?? 0 }
  public var isZero: Bool { counts?.allSatisfy { $0 == 0 } ?? true }

  public static func += (a: inout Self, b: Self) {
    for reason in Case.allCases where b[reason] != 0 { a[reason] &+= b[reason] }
  }
}
