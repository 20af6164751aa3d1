import Glibc
import Paths

/// Words of the command line that stand behind no option: captures first, then the filter.
struct CaptureWords {
  /// Words before the first one that is no existing file.
  let captures: [String]
  /// The others.
  let filter: [String]

  /// Splits the words of a run on files.
  init(_ words: [String]) {
    captures = Array(words.prefix(while: Self.isFile))
    filter = Array(words.dropFirst(captures.count))
  }

  /// Whether a word names something that exists.
  static func isFile(_ word: String) -> Bool { access(FilePath(ArgumentText.bytes(of: word)).terminated, F_OK) == 0 }

  /// Whether a word that is no existing file can only have been meant as one: it has a folder or the ending of a capture.
  static func isMissingFile(_ word: String) -> Bool {
    guard !isFile(word), !word.hasPrefix("("), !word.hasPrefix("!") else { return false }
    // 10.0.0.0/8 and fe80::/10 are nets.
    if word.contains("/") { return !word.allSatisfy { $0.isHexDigit || ".:/".contains($0) } }
    return DefaultDirectory.isNamedAsCapture(FilePath(ArgumentText.bytes(of: word)))
  }

  /// Words of libpcap's language that a filter can begin with.
  private static let beginnings: Set<String> = [
    "action", "ah", "arp", "atalk", "broadcast", "carp", "clns", "decnet", "direction", "dst", "ec_multicast", "es-is", "esp", "ether",
    "fddi", "gateway", "geneve", "greater", "host", "icmp", "icmp6", "ifname", "igmp", "igrp", "inbound", "ip", "ip6", "ipx", "iso", "isis",
    "lat", "less", "link", "llc", "mopdl", "moprc", "mpls", "multicast", "net", "netbeui", "not", "on", "outbound", "pim", "port",
    "portrange", "ppp", "pppoed", "pppoes", "proto", "protochain", "ra", "radio", "rarp", "reason", "rnr", "rset", "rulenum", "sca", "sctp",
    "slip", "src", "stp", "subtype", "ta", "tcp", "tr", "type", "udp", "vlan", "vrrp", "wlan",
  ]

  /// Whether a word could also begin a filter: a word of its language, an operator, a number or an address.
  static func couldBeginFilter(_ word: String) -> Bool {
    guard let first = word.first else { return false }
    if "(!-".contains(first) { return true }
    let name = word.prefix { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
    if beginnings.contains(String(name)), word.dropFirst(name.count).first.map({ "[ (".contains($0) }) ?? true { return true }
    if word.contains(":") { return word.allSatisfy { $0.isHexDigit || ".:/".contains($0) } }
    return first.isNumber && word.allSatisfy { $0.isNumber || "./".contains($0) }
  }

  /// One line that says how ambiguous words were taken; nil if none of the captures could begin a filter.
  var remark: String? {
    guard let word = captures.first(where: Self.couldBeginFilter) else { return nil }
    return "'\(word)' is a file and was taken as a capture; for a filter that begins so, say -- \(word)"
  }
}
