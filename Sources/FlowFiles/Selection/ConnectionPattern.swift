internal import Glibc
public import Packets

/// Description of connections that are to be selected.
public enum ConnectionPattern: Hashable, Sendable {
  /// Connections by number.
  case ids(ClosedRange<UInt64>)
  /// Connections by Community ID, version 1, seed 0.
  case communityID(String)
  /// Connections of which one end has this address and port.
  case end(Endpoint)

  /// Parses `7`, `12-15`, `1:` and base64, `10.0.0.1:40000` or `[2001:db8::1]:443`; nil if the text is none of these.
  public init?(_ text: String) {
    if let ids = Self.ids(text) {
      self = .ids(ids)
    } else if let end = Self.end(text) {
      self = .end(end)
    } else if text.hasPrefix("1:"), let hash = [UInt8](base64: Array(text.utf8.dropFirst(2))), hash.count == 20 {
      self = .communityID(text)
    } else {
      return nil
    }
  }

  /// The pattern in the notation that it is parsed from.
  public var description: String {
    switch self {
    case .ids(let ids): ids.count == 1 ? "\(ids.lowerBound)" : "\(ids.lowerBound)-\(ids.upperBound)"
    case .communityID(let text): text
    case .end(let end): end.description
    }
  }

  private static func ids(_ text: String) -> ClosedRange<UInt64>? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(number)
    guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], 1 <= first, first <= last, last < .max
    else { return nil }
    return first...last
  }

  private static func number(_ text: Substring) -> UInt64? { text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt64(text) : nil }

  private static func end(_ text: String) -> Endpoint? {
    guard let colon = text.lastIndex(of: ":"), let port = number(text[text.index(after: colon)...]).flatMap(UInt16.init(exactly:))
    else { return nil }
    var address = text[..<colon]
    if address.hasPrefix("["), address.hasSuffix("]") {
      address = address.dropFirst().dropLast()
      var bytes = in6_addr()
      guard inet_pton(AF_INET6, String(address), &bytes) == 1 else { return nil }
      let words = bytes.__in6_u.__u6_addr32
      func word(_ first: UInt32, _ second: UInt32) -> UInt64 { UInt64(UInt32(bigEndian: first)) << 32 | UInt64(UInt32(bigEndian: second)) }
      return Endpoint(IPAddress(high: word(words.0, words.1), low: word(words.2, words.3)), port: port)
    }
    var bytes = in_addr()
    guard inet_pton(AF_INET, String(address), &bytes) == 1 else { return nil }
    return Endpoint(IPAddress(v4: UInt32(bigEndian: bytes.s_addr)), port: port)
  }
}
