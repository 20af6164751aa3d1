/// Reason why captured payload bytes are not part of a stream.
public enum DropReason: Int, CaseIterable, Sendable {
  /// They lie below offset 0.
  case beforeStart
  /// They lie in a gap that was already reported.
  case late
  /// They lie at or beyond the FIN.
  case beyondFin
  /// They lie more than 2^30 bytes from the expected offset.
  case outOfWindow
  /// They are the byte of a keep-alive or a window probe.
  case keepAlive
  /// The stream or an option rejected their segment.
  case rejected
  /// A reset carried them.
  case rstPayload
  /// A SYN or SYN-ACK carried them that does not count.
  case synIgnored

  /// Name in the output.
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
    }
  }
}

/// Kind of unusual packet, counted for each direction.
public enum Anomaly: Int, CaseIterable, Sendable {
  /// Keep-alives.
  case keepAlive
  /// Segments of one byte while the window of the peer is closed.
  case windowProbe
  /// Pending SYNs that were never confirmed.
  case synIgnored
  /// SYN-ACKs with another number than the one that counts.
  case synAckIgnored
  /// Resets that do not count.
  case rstIgnored
  /// Resets that later payload of their sender proved forged.
  case rstWithdrawn
  /// FINs that do not count.
  case finIgnored
  /// Segments with repeated bytes that could not be compared with the delivered ones.
  case unchecked
  /// Segments with payload and the URG bit.
  case urgent
  /// Segments rejected for a wrong checksum.
  case badChecksum
  /// Segments that came in IP fragments.
  case fragmented
  /// Segments with SYN together with FIN or RST.
  case synWithFinOrRst
  /// Segments with payload more than 2^30 bytes from the expected offset.
  case outOfWindow
  /// Segments rejected for any reason.
  case rejected
  /// Segments rejected by the state machine.
  case rejectedByState
  /// Segments rejected by the option check.
  case rejectedByOptions

  /// Name in the output.
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

/// Counters, one for each case of an enumeration numbered from 0.
///
/// Nothing is allocated before the first count.
public struct Tally<Case: CaseIterable & RawRepresentable>: Sendable where Case.RawValue == Int {
  /// Counters by raw value; nil before the first count.
  private var counts: [UInt64]?

  /// Creates counters at 0.
  public init() {}

  /// The counter of a case.
  public subscript(_ reason: Case) -> UInt64 {
    get { counts?[reason.rawValue] ?? 0 }
    set {
      if counts == nil { counts = Array(repeating: 0, count: Case.allCases.count) }
      counts?[reason.rawValue] = newValue
    }
  }

  /// Sum of all counters.
  public var total: UInt64 { counts?.reduce(0, &+) ?? 0 }
  /// Whether nothing was counted.
  public var isZero: Bool { counts?.allSatisfy { $0 == 0 } ?? true }

  /// Adds the counters of `b` to those of `a`.
  public static func += (a: inout Self, b: Self) {
    for reason in Case.allCases where b[reason] != 0 { a[reason] &+= b[reason] }
  }
}
