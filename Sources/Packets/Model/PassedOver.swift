/// Content of a packet without a TCP segment: the number at which the decoder could not go on.
public struct PassedOver: BitwiseCopyable, Hashable, Sendable {
  /// Header field or table that the number belongs to.
  public enum Layer: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    /// Link type of the capture, or of a packet inside.
    case linkType = 1
    /// Ethernet type; LLC service access point; PPP or IP protocol; UDP port; kind of 802.11 frame; first nibble behind MPLS labels.
    case etherType, llc, ppp, ipProtocol, udpPort, wirelessLAN, mpls
  }

  /// Layer in the upper 8 bits and number in the lower 24; 0 is none.
  private var packed: UInt32

  /// Header field or table that the number belongs to.
  public var layer: Layer { Layer(rawValue: UInt8(truncatingIfNeeded: packed >> 24)) ?? .linkType }
  /// Number in the table of `layer`, at most 2^24 - 1, which stands for all that are greater.
  public var number: UInt32 { packed & 0x00ff_ffff }

  /// Creates a value; a number above 2^24 - 1 becomes 2^24 - 1.
  public init(layer: Layer, number: UInt32) { packed = UInt32(layer.rawValue) << 24 | min(number, 0x00ff_ffff) }

  private init(packed: UInt32) { self.packed = packed }

  /// The packet ended, or was malformed, before a number was read.
  static var nothing: PassedOver { PassedOver(packed: 0) }

  /// Follows the headers of a packet again to find the number at which the decoder could not go on.
  ///
  /// For packets that decoding rejected with `.notIP`, `.notTCP` or `.unknownLinkType`; nil for any other. O(length of the headers).
  ///
  /// The parameters are those of `TCPSegment.init(decoding:linkType:originalLength:layers:decodeAs:)`.
  public init?(decoding bytes: Span<UInt8>, linkType: LinkType, originalLength: Int, decodeAs: DecodeAs = .none) {
    var cursor = PacketCursor(bytes, originalLength: originalLength, layers: LayerPath())
    do throws(DecodeError) {
      // The datagram of this fragment holds no segment; the header of the fragment names its protocol.
      guard try cursor.walk(bytes, from: linkType, decodeAs) == .fragment else { return nil }
      let fragment = try IPFragment(decoding: bytes, linkType: linkType, originalLength: originalLength, decodeAs: decodeAs)
      self.init(layer: .ipProtocol, number: UInt32(fragment.protocolNumber))
    } catch {
      guard error == .notIP || error == .notTCP || error == .unknownLinkType, cursor.stop != .nothing else { return nil }
      self = cursor.stop
    }
  }
}

extension PassedOver {
  /// Name of the number, such as `ARP`; nil if the tables have none.
  public var name: String? { row?.name.description }

  var hasName: Bool { row != nil }

  /// Whether the packet can hold TCP: encapsulations that are not read, or not in this form, and unknown numbers.
  public var mayHoldTCP: Bool {
    if case .noTCP? = row?.content { false } else { true }
  }

  private var row: Encapsulation? {
    switch layer {
    case .linkType: LinkTypes.rows.row(number)
    case .etherType: EtherTypes.rows.row(number)
    case .llc: OtherNumbers.serviceAccessPoints.row(number)
    case .ppp: OtherNumbers.pppProtocols.row(number)
    case .ipProtocol: IPProtocols.rows.row(number)
    case .udpPort: UDPPorts.rows.row(number)
    case .wirelessLAN: OtherNumbers.wirelessFrames.row(number)
    case .mpls: OtherNumbers.labelledPayloads.row(number)
    }
  }
}

extension PassedOver: CustomStringConvertible {
  /// Text such as `EtherType 0x0806, ARP`; only the name for 802.11, whose kinds of frames are numbered only by this library.
  public var description: String {
    let number =
      switch layer {
      case .linkType: "link type \(number)"
      case .etherType: "EtherType 0x" + hexadecimal(digits: 4)
      case .llc: "LLC 0x" + hexadecimal(digits: 2)
      case .ppp: "PPP protocol 0x" + hexadecimal(digits: 4)
      case .ipProtocol: "IP protocol \(number)"
      case .udpPort: "UDP port \(number)"
      case .wirelessLAN: "802.11"
      case .mpls: "MPLS payload 0x" + hexadecimal(digits: 1)
      }
    return name.map { number + ", " + $0 } ?? number
  }

  private func hexadecimal(digits: Int) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }
}
