public import Packets

/// A length of packet time.
public struct PacketDuration: Hashable, Comparable, Sendable {
  /// The length in nanoseconds.
  public var nanoseconds: Int64
  /// Creates a duration of `nanoseconds`.
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
  /// A duration of `n` milliseconds.
  public static func milliseconds(_ n: Int64) -> Self { Self(nanoseconds: n * 1_000_000) }
  /// A duration of `n` seconds.
  public static func seconds(_ n: Int64) -> Self { Self(nanoseconds: n * 1_000_000_000) }
  /// A duration of `n` minutes.
  public static func minutes(_ n: Int64) -> Self { .seconds(n * 60) }
  /// A duration of `n` hours.
  public static func hours(_ n: Int64) -> Self { .seconds(n * 3600) }
  /// Whether `a` is shorter than `b`.
  public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
}

/// Rule that decides which copy of an undelivered byte wins where TCP segments overlap.
///
/// N is the new segment, O the queued segment that holds the byte. The source is Novak and Sturges, "Target-Based TCP Stream Reassembly".
public enum OverlapPolicy: String, CaseIterable, Sendable {
  /// The copy that came first wins.
  case first
  /// The copy that came last wins.
  case last
  /// N wins if it starts before O.
  case bsd
  /// N wins if it starts before O, or at the same byte and ends after O.
  case linux
  /// N wins if it starts before O, or at the same byte and ends with O or after it.
  case oldLinux = "old-linux"
  /// N wins if it ends after O, or at the same byte and starts with O or before it.
  case solaris
}

/// Rule that decides which copy of a byte wins where IPv4 fragments overlap.
///
/// N is the new fragment, O the fragment that holds the byte. The source is Novak and Sturges' tables for IP.
public enum FragmentPolicy: String, CaseIterable, Sendable {
  /// The copy that came first wins.
  case first
  /// The copy that came last wins.
  case last
  /// N wins if it starts before O.
  case bsd
  /// N wins if it starts at or before the start of O.
  case linux
  /// N wins if it starts before O and ends after it.
  case windows
  /// N wins if it starts before O and ends at or after the end of O.
  case solaris
}

/// Properties of a packet that tell connections with equal addresses and ports apart.
public struct KeyScopes: OptionSet, Hashable, Sendable {
  /// The set as bits.
  public var rawValue: UInt8
  /// Creates a set from its bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// The VLAN tags.
  public static let vlan = KeyScopes(rawValue: 1)
  /// The tunnels around the innermost IP header.
  public static let tunnel = KeyScopes(rawValue: 2)
  /// The input and its capturing interface.
  public static let interface = KeyScopes(rawValue: 4)
}

/// Timers, limits and policies of an `Assembler`.
///
/// `nil` switches a timer or a limit off. All times are packet times, all limits but that of connections are bytes.
public struct AssemblerOptions: Sendable {
  /// Time that a queued byte waits for the hole before it to close.
  public var gapTimeout: PacketDuration? = .minutes(5)
  /// Time without packets after which a connection completes.
  public var idleTimeout: PacketDuration? = .hours(24)
  /// Time without packets after which a connection completes that has a SYN, no payload and no packet of the peer; nil uses `idleTimeout`.
  public var synTimeout: PacketDuration? = .minutes(2)
  /// Time from an accepted reset or the second FIN to completion.
  public var closeDelay: PacketDuration? = .seconds(5)
  /// Duration of time-wait: late packets of a completed connection make no new connection in this time.
  public var stragglerTime: PacketDuration? = .seconds(60)
  /// Time from the first fragment of a datagram to the moment when an incomplete datagram is given up.
  public var fragmentTimeout: PacketDuration? = .seconds(30)
  /// Memory that queued and kept bytes of one connection may take, in bytes. (gopacket: `MaxBufferedPagesPerConnection`.)
  public var connectionMemory: Int? = 32 << 20
  /// Memory that queued and kept bytes of all connections may take, in bytes. (gopacket: `MaxBufferedPagesTotal`.)
  public var memoryLimit: Int? = 256 << 20
  /// Memory that IP fragments may take, in bytes.
  public var fragmentMemory: Int? = 16 << 20
  /// Number of connections that may be known at once, those in time-wait included.
  public var maxConnections: Int? = 1_000_000
  /// Policy for TCP segments that overlap.
  public var overlapPolicy = OverlapPolicy.first
  /// Policy for IPv4 fragments that overlap.
  public var fragmentPolicy = FragmentPolicy.first
  /// Whether IP fragments are reassembled.
  public var defragments = true
  /// Properties that are part of the key of a connection besides addresses and ports.
  public var keyScopes: KeyScopes = []
  /// Ports, protocols and types to which the user gives a meaning of their own; nil for none.
  public var decodeAs: DecodeAs?
  /// Whether only a SYN or a SYN-ACK makes a connection.
  public var requiresHandshake = false
  /// Whether every checksum is computed and segments with a wrong one are rejected.
  public var verifiesChecksums = false
  /// Whether reports hold times: round trips, silences, closed windows (``ConnectionTiming``, ``DirectionTiming``).
  ///
  /// They take 256 bytes per open connection, and 2.9 % more instructions for a long transfer.
  public var measuresTiming = false
  /// Shard whose connections are assembled; nil for all.
  ///
  /// Segments of other connections are counted in ``Statistics/segments`` and ``Statistics/payloadBytes``, and nowhere else.
  public var shard: Shard?
  /// Seed of the connection table and of the queues; it decides the order of memory and the length of searches, and no result.
  package var seed = HashSeed.ofProcess

  /// Creates options with their default values.
  public init() {}
}
