/// Settings of a live capture from one interface.
public struct LiveSettings: Sendable {
  /// Default number of bytes that are kept of a packet, more than any packet has.
  public static let wholePacket = 262_144
  /// Longest time in milliseconds that packets wait in the kernel, so that many are delivered at once.
  public static let readTimeout: Int32 = 100

  /// Name that stands for all interfaces.
  public static let everyInterface = "any"

  /// Name of the interface, or `any`.
  public var interface: String
  /// Greatest number of bytes that are kept of a packet.
  public var snapshotLength = LiveSettings.wholePacket
  /// Whether packets for other hosts are captured too.
  public var isPromiscuous = true
  /// Size in bytes of the kernel's buffer for packets; libpcap's own default is 2 MiB.
  public var bufferSize = 64 << 20
  /// Whether each packet is delivered at once, at the cost of one wake-up for each.
  public var isImmediate = false
  /// libpcap's name of a time stamp type, such as `adapter`; nil for that of the system.
  public var timeStampType: String?
  /// Filter expression; the kernel drops packets that it rejects.
  public var filter: String?

  /// Creates the default settings of an interface.
  public init(interface: String) { self.interface = interface }
}
