internal import Glibc
public import Paths

/// Address of a capture that a program serves on a TCP port (PCAP-over-IP): `tcp://host:port`, an IPv6 address in brackets.
///
/// The stream is that of a capture file. It ends when the server closes the connection.
public struct RemoteAddress: Hashable, Sendable {
  /// Name or address of the host.
  public var host: String
  /// TCP port.
  public var port: UInt16

  private static let scheme = "tcp://"

  /// Parses a text; nil if the text is a path.
  ///
  /// - Parameter text: the text, such as `tcp://host:port`.
  /// - Throws: `CaptureError` if the text begins with `tcp://` and is malformed.
  public init?(_ text: String) throws(CaptureError) {
    guard text.hasPrefix(Self.scheme) else { return nil }
    let rest = text.dropFirst(Self.scheme.count)
    guard let colon = rest.lastIndex(of: ":"), let port = UInt16(rest[rest.index(after: colon)...]), port > 0 else {
      throw CaptureError(.badAddress, path: FilePath(text))
    }
    var host = rest[..<colon]
    if host.hasPrefix("[") && host.hasSuffix("]") { host = host.dropFirst().dropLast() } else if host.contains(":") { host = "" }
    guard !host.isEmpty, !host.contains("/") else { throw CaptureError(.badAddress, path: FilePath(text)) }
    self.host = String(host)
    self.port = port
  }

  /// Parses a path in the same way as a text.
  ///
  /// A path that begins with `tcp://` and is not UTF-8 is a malformed address.
  ///
  /// - Parameter path: the path, such as `tcp://host:port`.
  /// - Throws: `CaptureError` if the path begins with `tcp://` and is malformed.
  public init?(_ path: FilePath) throws(CaptureError) {
    guard path.bytes.starts(with: Self.scheme.utf8) else { return nil }
    guard let text = path.text else { throw CaptureError(.badAddress, path: path) }
    try self.init(text)
  }

  private var text: String { Self.scheme + (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

  /// Tries the addresses of the host one after the other, and returns the descriptor of the first connection.
  func connect() throws(CaptureError) -> Int32 {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let answer = getaddrinfo(host, String(port), &hints, &list)
    guard answer == 0 else {
      throw CaptureError(
        .noConnection, path: FilePath(text), errno: answer == EAI_SYSTEM ? errno : 0, detail: String(cString: gai_strerror(answer)))
    }
    defer { freeaddrinfo(list) }
    var error: Int32 = 0
    var next = list
    while let address = next?.pointee {
      let descriptor = socket(address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), address.ai_protocol)
      if descriptor >= 0 && Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return descriptor }
      error = errno
      if descriptor >= 0 { close(descriptor) }
      if error == EINTR { throw CaptureError(errno: error, path: FilePath(text)) }
      next = address.ai_next
    }
    throw CaptureError(.noConnection, path: FilePath(text), errno: error, detail: String(cString: strerror(error)))
  }
}
