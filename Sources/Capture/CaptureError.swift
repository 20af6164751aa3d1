public import Compression
internal import Glibc
public import Paths

/// Error that a capture could not be opened, filtered or read on.
public struct CaptureError: Error, Hashable, Sendable {
  /// Kind of the error.
  public enum Reason: Hashable, Sendable {
    /// The file does not exist.
    case noSuchFile
    /// The path is a folder where a file is needed.
    case isDirectory
    /// The process lacks permission to read the file.
    case noPermission
    /// The file is empty.
    case empty
    /// The file has no format that libpcap reads.
    ///
    /// `looksLike` names the format that its first bytes indicate, `advice` what to do about it, if either is known.
    case notACapture(looksLike: String?, advice: String)
    /// The file ends inside its own header or the first block.
    case cutHeader
    /// The format is known, but its header states a variant that is not supported.
    case unsupported
    /// The first bytes cannot be decompressed: they are damaged, or decompression would take too much memory.
    case undecodable(CompressionFormat)
    /// The folder contains no capture.
    case noCaptures
    /// The address begins with `tcp://`, and no host and port follow.
    case badAddress
    /// The address accepts no connection.
    case noConnection
    /// The filter expression does not compile.
    case filter(expression: String)
    /// The file ends inside a packet; every packet before it was read.
    case truncated
    /// The bytes where a packet should begin are not a packet.
    case damaged
    /// A system call was interrupted by a signal.
    case interrupted
    /// Any other failure of the system.
    case system
  }

  /// Kind of the error.
  public var reason: Reason
  /// Path as the user wrote it; `-` for standard input.
  public var path: FilePath
  /// Error number of the system call that failed; 0 if none failed.
  public var errno: Int32
  /// Details, in the words of libpcap, the decompressor or the system if they have some.
  public var detail: String

  init(_ reason: Reason, path: FilePath, errno: Int32 = 0, detail: String = "") {
    self.reason = reason
    self.path = path
    self.errno = errno
    self.detail = detail
  }

  /// Creates an error for a system call that failed.
  init(errno error: Int32, path: FilePath) {
    let reason: Reason =
      switch error {
      case ENOENT, ENOTDIR: .noSuchFile
      case EISDIR: .isDirectory
      case EACCES, EPERM: .noPermission
      case EINTR: .interrupted
      default: .system
      }
    self.init(reason, path: path, errno: error, detail: String(cString: strerror(error)))
  }
}

extension CaptureError: CustomStringConvertible {
  /// One line that states the error and what to do next.
  public var description: String {
    let name = path == "-" ? "standard input" : path.description
    switch reason {
    case .noSuchFile: return "\(name): no such file; check the name and the folder"
    case .isDirectory: return "\(name): is a folder; say -r FOLDER to read the captures in it"
    case .noPermission: return "\(name): no permission to read it; ask its owner, or run as a user who may"
    case .empty: return "\(name): is empty, not a capture; did the program that wrote it end before its first write?"
    case .notACapture(let looksLike?, let advice): return "\(name): not a capture but, by its first bytes, \(looksLike); \(advice)"
    case .notACapture(nil, let advice): return "\(name): not a capture; \(advice)"
    case .cutHeader: return "\(name): ends inside the capture's own header (\(detail)); copy it again from where it came"
    case .unsupported: return "\(name): cannot be read: \(detail); copy it again from where it came"
    case .undecodable(let compression): return "\(name): cannot be read: \(detail); try: \(compression.unpacking)"
    case .noCaptures: return "\(name): a folder without a capture in it; name another one, or one that lies deeper"
    case .badAddress: return "\(name): not an address; say tcp://HOST:PORT, an IPv6 address in brackets"
    case .noConnection: return "\(name): \(detail); is the program that serves the capture running, and not behind a firewall?"
    case .filter(let expression): return "filter '\(expression)': \(detail); \(Self.advice(onFilter: expression))"
    case .truncated: return "\(name): the capture is cut off (\(detail)); every packet before that was used"
    case .damaged: return "\(name): damaged: \(detail); what came before was used; pcapfix may repair the file"
    case .interrupted: return "\(name): reading was interrupted; what was read was used"
    case .system: return "\(name): \(detail); what was read until then was used"
    }
  }

  /// Beginnings of names that Wireshark's display filters have and capture filters lack.
  private static let displayFilterNames = ["tcp.", "udp.", "ip.", "ipv6.", "eth.", "frame.", "http", "tls", "dns"]

  private static func advice(onFilter expression: String) -> String {
    let words = expression.split { !$0.isLetter && !$0.isNumber && $0 != "." && $0 != "_" }
    let isDisplayFilter = words.contains { word in
      displayFilterNames.contains { $0.hasSuffix(".") ? word.hasPrefix($0) : word == $0 || word.hasPrefix($0 + ".") }
    }
    return isDisplayFilter
      ? "display filters of Wireshark are not known here, write tcpdump's: tcp port 80 and host 10.0.0.1"
      : "pcap-filter(7) has the syntax"
  }
}
