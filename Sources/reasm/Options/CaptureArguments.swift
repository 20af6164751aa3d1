import ArgumentParser
import FlowFiles
import Packets
import Paths
import Reassembly

/// Options for the captures of connections.
struct CaptureArguments: ParsableArguments {
  private static let standardTemplate: FilePath = "%I"
  /// Ending of all names, which a template may have too.
  private static let ending = Array(".pcapng".utf8)

  @Flag(help: "Write the packets of each connection, as they were captured, to a capture of its own in the folder pcap.")
  var pcap = false

  @Option(
    name: .customLong("pcap-template"),
    help: ArgumentHelp("Names of these captures, in the language of -T; .pcapng follows.", valueName: "template"))
  var template = Self.standardTemplate

  func validate() throws {
    _ = try nameTemplate()
    if !pcap, template != Self.standardTemplate { throw ValidationError("--pcap-template names the captures of --pcap; say --pcap too") }
  }

  /// First option on the command line that is about files.
  var firstOptionOfFiles: String? { pcap ? "--pcap" : nil }

  func nameTemplate() throws -> NameTemplate {
    var text = template.bytes
    if text.count > Self.ending.count, text.suffix(Self.ending.count) == Self.ending[...] { text.removeLast(Self.ending.count) }
    do {
      // The whole path is checked, but the folder is not part of the template: it is reserved.
      _ = try NameTemplate(FilePath(Array("pcap/".utf8) + text + Self.ending))
      return try NameTemplate(FilePath(text))
    } catch {
      throw ValidationError("--pcap-template '\(template)': \(error)")
    }
  }

  /// Options of the captures; nil without `--pcap`.
  func options(_ limits: LimitOptions, _ reassembly: ReassemblyOptions) throws -> CaptureFileOptions? {
    guard pcap else { return nil }
    let engine = limits.assemblerOptions(reassembly)
    return CaptureFileOptions(
      template: try nameTemplate(), fragmentTimeout: engine.fragmentTimeout, decodeAs: engine.decodeAs ?? .none)
  }

  /// Whether names contain Ethernet addresses.
  var namesEthernetAddresses: Bool { get throws { try pcap && nameTemplate().namesEthernetAddresses } }
}
