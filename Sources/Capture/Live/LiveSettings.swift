/// How an interface is captured from.
public struct LiveSettings: Sendable {
  /// Bytes of a packet that are kept where nobody asks for fewer: more than any packet has.
  public static let wholePacket = 262_144
  /// Packets wait in the kernel for at most this long, in milliseconds, so that many are handed over at a time.
  public static let readTimeout: Int32 = 100

  /// The name that stands for all interfaces.
  public static let everyInterface = "any"

  /// A name that the system knows, or `any`.
  public var interface: String
  /// Bytes of a packet that are kept.
  public var snapshotLength = LiveSettings.wholePacket
  /// Packets for other hosts too.
  public var isPromiscuous = true
  /// Bytes that the kernel may keep until they are read; libpcap's own default is 2 MiB.
  public var bufferSize = 64 << 20
  /// Each packet is handed over at once, at the price of a wake-up for each.
  public var isImmediate = false
  /// libpcap's name of a clock, such as `adapter`; nil for the system's.
  public var timeStampType: String?
  /// The kernel drops what this expression does not take.
  public var filter: String?

  /// Makes the settings of a capture without options.
  public init(interface: String) { self.interface = interface }
}
