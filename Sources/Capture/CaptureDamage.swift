/// What a capture holds that could not be read, although what comes behind it was.
public struct CaptureDamage: Hashable, Sendable {
  /// Blocks, and stretches without a block, that are damaged.
  public internal(set) var places: UInt64 = 0
  /// Bytes of the capture that were passed over there.
  public internal(set) var bytes: UInt64 = 0
  /// What is wrong in the first place; empty where nothing is.
  public internal(set) var detail = ""
  /// Packets of interfaces that the capture does not describe.
  public internal(set) var undescribedPackets: UInt64 = 0

  public init() {}

  mutating func add(_ words: String, bytes count: Int) {
    if places == 0 { detail = words }
    places &+= 1
    bytes &+= UInt64(count)
  }
}
