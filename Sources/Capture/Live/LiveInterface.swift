internal import CPcap
internal import Glibc

/// An interface that packets can be captured from.
public struct LiveInterface: Hashable, Sendable {
  /// Name of the interface in the system.
  public var name: String
  /// Description by libpcap; nil if it has none, as for most network cards.
  public var words: String?
  /// IPv4 and IPv6 addresses, as text.
  public var addresses: [String]
  /// Whether the interface is up.
  public var isUp: Bool
  /// Whether the interface is a loopback interface.
  public var isLoopback: Bool

  /// Returns every interface, beginning with those that are up and useful.
  ///
  /// The corresponding libpcap function is `pcap_findalldevs`.
  ///
  /// - Returns: the interfaces.
  /// - Throws: `LiveError` if the list is not available.
  public static func all() throws(LiveError) -> [LiveInterface] {
    var words = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    var first: UnsafeMutablePointer<pcap_if_t>?
    guard pcap_findalldevs(&first, &words) == 0 else { throw LiveError(.noList, name: "", detail: String(terminated: words)) }
    defer { pcap_freealldevs(first) }
    var found: [LiveInterface] = []
    var next = first
    while let device = next {
      found.append(LiveInterface(device.pointee))
      next = device.pointee.next
    }
    return found
  }

  private init(_ device: pcap_if_t) {
    name = device.name.map { String(cString: $0) } ?? ""
    words = device.description.map { String(cString: $0) }
    isUp = device.flags & UInt32(PCAP_IF_UP) != 0
    isLoopback = device.flags & UInt32(PCAP_IF_LOOPBACK) != 0
    addresses = []
    var next = device.addresses
    while let entry = next {
      if let address = entry.pointee.addr, let text = Self.text(of: address) { addresses.append(text) }
      next = entry.pointee.next
    }
  }

  /// Returns an Internet address as text; nil for an address of another family.
  private static func text(of address: UnsafePointer<sockaddr>) -> String? {
    let length: Int
    switch Int32(address.pointee.sa_family) {
    case AF_INET: length = MemoryLayout<sockaddr_in>.size
    case AF_INET6: length = MemoryLayout<sockaddr_in6>.size
    default: return nil
    }
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    guard getnameinfo(address, socklen_t(length), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else { return nil }
    return String(terminated: text)
  }
}

extension String {
  /// Creates a text from the bytes before the first NUL.
  init(terminated text: [CChar]) {
    self.init(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
