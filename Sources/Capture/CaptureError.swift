/// Why a capture could not be opened, filtered or read on.
public struct CaptureError: Error, Hashable, Sendable {
  public enum Reason: Hashable, Sendable {
    case noSuchFile
    case isDirectory
    case noPermission
    /// Not one byte.
    case empty
    /// Not a format that libpcap reads; what its first bytes look like and what to do about it, where that is known.
    case notACapture(looksLike: String?, advice: String)
    /// The file ends inside its own header or the first block.
    case cutHeader
    /// libpcap knows the format and refuses what the header says.
    case unsupported
    /// The filter expression does not compile.
    case filter(expression: String)
    /// The file ends inside a packet. Every packet before it was read.
    case truncated
    /// A packet of another link type than the first: libpcap stops there.
    case mixedLinkTypes
    /// What stands where a packet should begin is none.
    case damaged
    /// A system call was interrupted by a signal.
    case interrupted
    /// Any other failure of the system.
    case system
  }

  public var reason: Reason
  /// As the user wrote it; `-` for standard input.
  public var path: String
  /// The error number of the system call that failed; 0 where none did.
  public var errno: Int32
  /// libpcap's or the system's own words.
  public var detail: String

  init(_ reason: Reason, path: String, errno: Int32 = 0, detail: String = "") {
    self.reason = reason
    self.path = path
    self.errno = errno
    self.detail = detail
  }
}

extension CaptureError: CustomStringConvertible {
  /// One line: what is wrong and what to do next.
  public var description: String {
    let name = path == "-" ? "standard input" : path
    switch reason {
    case .noSuchFile: return "\(name): no such file; check the name and the folder"
    case .isDirectory: return "\(name): is a folder; name one capture in it"
    case .noPermission: return "\(name): no permission to read it; ask its owner, or run as a user who may"
    case .empty: return "\(name): is empty, not a capture; did the program that wrote it end before its first write?"
    case .notACapture(let looksLike?, let advice): return "\(name): not a capture but, by its first bytes, \(looksLike); \(advice)"
    case .notACapture(nil, let advice): return "\(name): not a capture; \(advice)"
    case .cutHeader: return "\(name): ends inside the capture's own header (\(detail)); copy it again from where it came"
    case .unsupported: return "\(name): libpcap cannot read it: \(detail); try: editcap -F pcap FILE out.pcap"
    case .filter(let expression): return "filter '\(expression)': \(detail); pcap-filter(7) has the syntax"
    case .truncated: return "\(name): the capture ends in the middle of a packet (\(detail)); every packet before that was used"
    case .mixedLinkTypes:
      return "\(name): \(detail); what came before was used; for the rest split it: tshark -r FILE -Y 'frame.interface_id==N' -w N.pcapng"
    case .damaged: return "\(name): damaged: \(detail); what came before was used; pcapfix may repair the file"
    case .interrupted: return "\(name): reading was interrupted; what was read was used"
    case .system: return "\(name): \(detail); what was read until then was used"
    }
  }
}
