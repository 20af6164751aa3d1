/// What a packet without a TCP segment holds instead, as far as its headers were followed: the number at which the decoder could not go on.
public struct PassedOver: BitwiseCopyable, Hashable, Sendable {
  /// Whose number it is.
  public enum Layer: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    case linkType = 1
    case etherType, llc, ppp, ipProtocol, udpPort, wirelessLAN, mpls
  }

  /// Layer and number in 8 and 24 bits; 0 is none.
  private var packed: UInt32

  public var layer: Layer { Layer(rawValue: UInt8(truncatingIfNeeded: packed >> 24)) ?? .linkType }
  /// At most 2^24 - 1, which stands for all that are greater.
  public var number: UInt32 { packed & 0x00ff_ffff }

  public init(layer: Layer, number: UInt32) { packed = UInt32(layer.rawValue) << 24 | min(number, 0x00ff_ffff) }

  private init(packed: UInt32) { self.packed = packed }

  /// The packet ended, or was broken, before a number came.
  static var nothing: PassedOver { PassedOver(packed: 0) }

  /// Follows the headers of a packet once more, to find what it was passed over for. For packets of which the decoding said `.notIP`,
  /// `.notTCP` or `.unknownLinkType`; nil for any other. O(length of the headers).
  /// - Parameters: as for `TCPSegment.init(decoding:linkType:originalLength:layers:decodeAs:)`.
  public init?(decoding bytes: Span<UInt8>, linkType: LinkType, originalLength: Int, decodeAs: DecodeAs = .none) {
    var cursor = PacketCursor(bytes, originalLength: originalLength, layers: LayerPath())
    do throws(DecodeError) {
      // A fragment whose datagram holds no segment: its header says of which protocol.
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
  /// What the number stands for: `ARP`; nil where nobody has named it here.
  public var name: String? { row?.name.description }

  var hasName: Bool { row != nil }

  /// Whether it can hold TCP: encapsulations that are not read, or not as they came, and what nobody has named.
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
  /// `EtherType 0x0806, ARP`; 802.11 numbers kinds of frames for this alone, so only their names are shown.
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
