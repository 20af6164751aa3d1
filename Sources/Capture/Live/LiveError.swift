/// Error that an interface could not be captured from, or that capturing ended.
public struct LiveError: Error, Hashable, Sendable {
  /// Kind of the error, about the interface or the file.
  public enum Reason: Hashable, Sendable {
    /// The interface does not exist; `existing` are the names of those that do.
    case noSuchInterface(existing: [String])
    /// The process may not capture; `program` is the path of the binary that needs the capability.
    case noPermission(program: String)
    /// The interface is down.
    case notUp
    /// The filter expression does not compile.
    case filter(expression: String)
    /// The interface has no such time stamp type; `existing` are those that it has.
    case timeStampType(name: String, existing: [String])
    /// Capturing ended by itself: the interface was removed, or its driver failed.
    case gone
    /// The list of interfaces is not available.
    case noList
    /// The file for the raw packets cannot be created.
    case dump
    /// Two interfaces have different link types, which one file cannot hold.
    case mixedLinkTypes(String, String)
    /// The file for the raw packets exists.
    case dumpExists
    /// The path for the raw packets is a symbolic link.
    case dumpIsLink
    /// The file for the raw packets has another owner or a second name.
    case dumpIsForeign
    /// A write to the file for the raw packets failed.
    case dumpEnded
    /// Any other failure of libpcap or the system.
    case system
  }

  /// Kind of the error.
  public var reason: Reason
  /// Name of the interface as the user wrote it, or path of the file.
  public var name: String
  /// Details, in the words of libpcap or the system.
  public var detail: String

  init(_ reason: Reason, name: String, detail: String = "") {
    self.reason = reason
    self.name = name
    self.detail = detail
  }
}

extension LiveError: CustomStringConvertible {
  /// One line that states the error and what to do next.
  public var description: String {
    switch reason {
    case .noSuchInterface(let existing):
      let list = existing.isEmpty ? "reasm -D lists those that exist" : "there are: \(existing.joined(separator: ", "))"
      return "\(name): no such interface; \(list)"
    case .noPermission(let program):
      return "\(name): no permission to capture; run as root, or let the binary do it: "
        + "sudo setcap cap_net_raw,cap_net_admin+ep \(program)"
    case .notUp: return "\(name): the interface is down; bring it up: ip link set \(name) up"
    case .filter(let expression): return "filter '\(expression)': \(detail); pcap-filter(7) has the syntax"
    case .timeStampType(let type, let existing):
      let list = existing.isEmpty ? "it has the system's alone: leave the option out" : "it has: \(existing.joined(separator: ", "))"
      return "\(name): no time stamps of type '\(type)'; \(list)"
    case .gone: return "\(name): capturing ended: \(detail); what was captured until then is complete"
    case .noList: return "the interfaces cannot be listed: \(detail)"
    case .dump: return "\(name): \(detail); name another file with -w, in a folder that is there"
    case .dumpExists: return "\(name): is there already; name another file with -w, or say --force to replace it"
    case .dumpIsLink: return "\(name): is a symbolic link, which is not followed; name the file itself with -w"
    case .dumpIsForeign: return "\(name): has another owner or another name too; remove it first, or name another file with -w"
    case .mixedLinkTypes(let first, let other):
      return "\(name): packets of \(first) and \(other) begin with different headers, and a pcap holds one kind; "
        + "leave -w out, or capture from 'any'"
    case .dumpEnded: return "\(name): \(detail); it ends with the last packet that fitted, capturing goes on"
    case .system: return "\(name): cannot capture: \(detail)"
    }
  }
}
