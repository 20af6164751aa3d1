/// A length of packet time.
public struct PacketDuration: Hashable, Comparable, Sendable {
  public var nanoseconds: Int64
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
  public static func milliseconds(_ n: Int64) -> Self { Self(nanoseconds: n * 1_000_000) }
  public static func seconds(_ n: Int64) -> Self { Self(nanoseconds: n * 1_000_000_000) }
  public static func minutes(_ n: Int64) -> Self { .seconds(n * 60) }
  public static func hours(_ n: Int64) -> Self { .seconds(n * 3600) }
  public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
}

/// Which copy of an undelivered byte wins.
public enum OverlapPolicy: String, CaseIterable, Sendable {
  case first, last, bsd, linux
  case oldLinux = "old-linux"
  case solaris
}

/// Which copy of a byte wins where IPv4 fragments overlap.
public enum FragmentPolicy: String, CaseIterable, Sendable {
  case first, last, bsd, linux, windows, solaris
}

/// What tells connections with equal addresses and ports apart.
public struct KeyScopes: OptionSet, Hashable, Sendable {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let vlan = KeyScopes(rawValue: 1)
  public static let tunnel = KeyScopes(rawValue: 2)
  public static let interface = KeyScopes(rawValue: 4)
}

/// Every timer, limit and policy of an `Assembler`. `nil` or 0 switches a limit off.
public struct AssemblerOptions: Sendable {
  /// A queued byte waits this long for the hole before it.
  public var gapTimeout: PacketDuration? = .minutes(5)
  /// A connection without packets completes after this time.
  public var idleTimeout: PacketDuration? = .hours(24)
  /// A SYN with no payload either way and no packet of the peer.
  public var synTimeout: PacketDuration? = .minutes(2)
  /// From an accepted reset, or the second FIN, to completion.
  public var closeDelay: PacketDuration? = .seconds(5)
  /// Late packets of a completed connection make no new one for this time.
  public var stragglerTime: PacketDuration? = .seconds(60)
  public var fragmentTimeout: PacketDuration? = .seconds(30)
  /// Pages of `Page.size` bytes a connection may fill; queued and kept ones count.
  public var maxBufferedPagesPerConnection = (32 << 20) / 4096
  /// Pages all connections together may fill.
  public var maxBufferedPagesTotal = (256 << 20) / 4096
  /// Bytes that IP fragments may take.
  public var maxFragmentBytes = 16 << 20
  public var maxConnections = 1_000_000
  public var overlapPolicy = OverlapPolicy.first
  public var fragmentPolicy = FragmentPolicy.first
  /// IP fragments are put together.
  public var defragments = true
  public var keyScopes: KeyScopes = []
  /// Only a SYN or SYN-ACK makes a connection.
  public var requiresHandshake = false
  /// Segments whose checksum is wrong are turned away.
  public var verifiesChecksums = false
  /// The seed of the connection table and of the queues. It decides nothing but where things lie in memory and how long a search takes.
  package var seed = HashSeed.ofProcess

  public init() {}
}
