public import Compression
internal import Glibc
public import Paths

/// Why a capture could not be opened, filtered or read on.
public struct CaptureError: Error, Hashable, Sendable {
  /// What is wrong with the capture.
  public enum Reason: Hashable, Sendable {
    /// The file does not exist.
    case noSuchFile
    /// The path is a folder where a file is needed.
    case isDirectory
    /// The process may not read the file.
    case noPermission
    /// The file has not one byte.
    case empty
    /// Not a format that libpcap reads; what its first bytes look like and what to do about it, where that is known.
    case notACapture(looksLike: String?, advice: String)
    /// The file ends inside its own header or the first block.
    case cutHeader
    /// The format is known and its header says what nobody can read.
    case unsupported
    /// Its first bytes cannot be decompressed: they are damaged, or it would take too much memory.
    case undecodable(CompressionFormat)
    /// A folder without a single capture.
    case noCaptures
    /// Begins with `tcp://` and does not go on with a host and a port.
    case badAddress
    /// Nobody answers at the address.
    case noConnection
    /// The filter expression does not compile.
    case filter(expression: String)
    /// The file ends inside a packet. Every packet before it was read.
    case truncated
    /// What stands where a packet should begin is none.
    case damaged
    /// A system call was interrupted by a signal.
    case interrupted
    /// Any other failure of the system.
    case system
  }

  /// What is wrong.
  public var reason: Reason
  /// As the user wrote it; `-` for standard input.
  public var path: FilePath
  /// The error number of the system call that failed; 0 where none did.
  public var errno: Int32
  /// What exactly is wrong; libpcap's, a decompressor's or the system's own words where they have some.
  public var detail: String

  init(_ reason: Reason, path: FilePath, errno: Int32 = 0, detail: String = "") {
    self.reason = reason
    self.path = path
    self.errno = errno
    self.detail = detail
  }

  /// Why a system call failed.
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
  /// One line: what is wrong and what to do next.
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
    case .truncated: return "\(name): the capture ends in the middle of a packet (\(detail)); every packet before that was used"
    case .damaged: return "\(name): damaged: \(detail); what came before was used; pcapfix may repair the file"
    case .interrupted: return "\(name): reading was interrupted; what was read was used"
    case .system: return "\(name): \(detail); what was read until then was used"
    }
  }

  /// Names that display filters of Wireshark begin with, and capture filters do not know.
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
