/// Description of the interface that captured a packet, as its capture states it.
public final class CaptureInterface: Sendable {
  /// Link type by its number in files (`LINKTYPE_*`), which differs from that in programs for some link types.
  public let fileLinkType: UInt16
  /// Link type of the packets.
  public let linkType: LinkType
  /// Snapshot length in bytes; 0 if the capture states none.
  public let snapshotLength: UInt32
  /// Name of the interface in the bytes of the capture; nil if the capture states none.
  public let name: [UInt8]?
  /// Unit of time stamps in the form of `if_tsresol`: a power of 10, or a power of 2 if the highest bit is set.
  public let timeResolution: UInt8
  /// Number of seconds that are added to every time stamp.
  public let timeOffset: Int64
  /// Length in bytes of the frame check sequence of packets that state no other length; 0 if there is none.
  public let checkSequence: Int

  /// Creates a description.
  ///
  /// - Parameters:
  ///   - fileLinkType: the link type by its number in files.
  ///   - linkType: the link type.
  ///   - snapshotLength: the snapshot length in bytes; 0 if there is none.
  ///   - name: the name; nil if there is none.
  ///   - timeResolution: the unit of time stamps, as in `if_tsresol`.
  ///   - timeOffset: the number of seconds that are added to every time stamp.
  ///   - checkSequence: the length in bytes of the frame check sequence.
  public init(
    fileLinkType: UInt16, linkType: LinkType, snapshotLength: UInt32 = 0, name: [UInt8]? = nil, timeResolution: UInt8 = 6,
    timeOffset: Int64 = 0, checkSequence: Int = 0
  ) {
    self.fileLinkType = fileLinkType
    self.linkType = linkType
    self.snapshotLength = snapshotLength
    self.name = name
    self.timeResolution = timeResolution
    self.timeOffset = timeOffset
    self.checkSequence = checkSequence
  }
}

extension CaptureInterface: Equatable {
  /// Whether two descriptions state the same.
  public static func == (left: CaptureInterface, right: CaptureInterface) -> Bool {
    left === right
      || (left.fileLinkType == right.fileLinkType && left.snapshotLength == right.snapshotLength && left.name == right.name
        && left.timeResolution == right.timeResolution && left.timeOffset == right.timeOffset
        && left.checkSequence == right.checkSequence)
  }
}
