internal import Packets

/// Block of pcapng with one packet, whose number is in a comment. (draft-ietf-opsawg-pcapng, section 4.3)
///
///     | type | length | interface | time, high | time, low | captured | original |    28 bytes
///     | packet, padded to 32 bits | comment, padded | flags, if needed | end of options | length |
struct PacketBlock {
  /// What a file says of the interface of its packets.
  struct Interface {
    /// Number of the interface in the file.
    let number: Int
    let ticks: PcapngBlocks.Ticks
    /// Length in bytes of the frame check sequence that the description states.
    let checkSequence: Int

    init(_ interface: CaptureInterface, number: Int) {
      self.number = number
      ticks = PcapngBlocks.Ticks(interface)
      checkSequence = PcapngBlocks.statedCheckSequence(interface)
    }
  }

  private let captured: Int
  private let originalLength: Int
  private let interface: Int
  private let ticks: UInt64
  private let reference: PacketReference
  /// Length in bytes of the comment.
  private let commentLength: Int
  /// Flags of the packet; 0 if there are none.
  private let flags: UInt32
  /// Length of the block in bytes.
  let length: Int

  /// Number of bytes before the packet.
  static let headLength = 28

  private static let commentStart: StaticString = "packet "
  private static let commentMiddle: StaticString = " of input "

  /// Creates a block.
  ///
  /// - Parameters:
  ///   - packet: the packet.
  ///   - captured: the number of its captured bytes.
  ///   - interface: its interface in the file.
  @inline(__always)
  init(_ packet: KeptPacket, captured: Int, _ interface: Interface) {
    self.captured = captured
    originalLength = packet.originalLength
    self.interface = interface.number
    ticks = interface.ticks.ticks(at: packet.time)
    reference = packet.reference
    commentLength =
      Self.commentStart.utf8CodeUnitCount + OutputSpan<UInt8>.decimalDigits(of: packet.reference.number)
      + Self.commentMiddle.utf8CodeUnitCount + OutputSpan<UInt8>.decimalDigits(of: UInt64(packet.reference.input))
    let statesOther = packet.checkSequence != interface.checkSequence
    let canState = (1...PcapngBlocks.longestCheckSequence).contains(packet.checkSequence)
    flags = statesOther && canState ? UInt32(packet.checkSequence) << 5 : 0
    let options = 4 + commentLength + PcapngBlocks.padding(commentLength) + (flags == 0 ? 0 : 8) + 4
    length = Self.headLength + captured + PcapngBlocks.padding(captured) + options + 4
  }

  /// Writes the block, which takes `length` bytes.
  ///
  /// - Parameters:
  ///   - bytes: the captured bytes of the packet.
  ///   - text: the memory to append to.
  @inline(__always)
  func write(_ bytes: Span<UInt8>, to text: inout OutputSpan<UInt8>) {
    let length = UInt32(truncatingIfNeeded: length)
    text.append(little: PcapngBlocks.BlockType.packet)
    text.append(little: length)
    text.append(little: UInt32(truncatingIfNeeded: interface))
    text.append(little: UInt32(truncatingIfNeeded: ticks >> 32))
    text.append(little: UInt32(truncatingIfNeeded: ticks))
    text.append(little: UInt32(truncatingIfNeeded: captured))
    text.append(little: UInt32(clamping: originalLength))
    text.append(bytes: bytes)
    text.append(zeros: PcapngBlocks.padding(captured))
    text.append(option: PcapngBlocks.OptionCode.comment, length: commentLength)
    text.append(text: Self.commentStart)
    text.append(decimal: reference.number)
    text.append(text: Self.commentMiddle)
    text.append(decimal: UInt64(reference.input))
    text.append(zeros: PcapngBlocks.padding(commentLength))
    if flags != 0 {
      text.append(option: PcapngBlocks.OptionCode.packetFlags, length: 4)
      text.append(little: flags)
    }
    // The end of the options.
    text.append(little: 0)
    text.append(little: length)
  }
}
