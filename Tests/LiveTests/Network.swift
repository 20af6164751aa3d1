import Foundation
import TestSupport
import Testing

/// A network namespace of a test's own: its loopback interface is quiet, its ports are free, and nothing leaves it.
final class Network {
  let name: String

  init() throws {
    name = "reasm-" + UUID().uuidString.prefix(8).lowercased()
    try Self.ip(["netns", "add", name])
    try Self.ip(["-n", name, "link", "set", "lo", "up"])
  }

  deinit { try? Self.ip(["netns", "del", name]) }

  /// Two namespaces with a cable between: `wire` at 198.51.100.1 and 2001:db8::1 here, at .2 and ::2 there.
  static func pair() throws -> (here: Network, there: Network) {
    let (here, there) = (try Network(), try Network())
    try ip(["-n", here.name, "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", there.name])
    for (network, number) in [(here, 1), (there, 2)] {
      try ip(["-n", network.name, "address", "add", "198.51.100.\(number)/24", "dev", "wire"])
      try ip(["-n", network.name, "address", "add", "2001:db8::\(number)/64", "dev", "wire", "nodad"])
      try ip(["-n", network.name, "link", "set", "wire", "up"])
    }
    return (here, there)
  }

  static func ip(_ arguments: [String]) throws {
    let folder = try Folder()
    let ip = try Running(["ip"] + arguments, in: folder)
    try #require(ip.end() == 0, "ip \(arguments.joined(separator: " ")): \(ip.errors)")
  }

  func start(_ arguments: [String], in folder: Folder, output: FileHandle? = nil) throws -> Running {
    try Running(["ip", "netns", "exec", name] + arguments, in: folder, output: output)
  }

  /// Starts a program and waits for its end.
  func run(_ arguments: [String], in folder: Folder) throws -> (status: Int32, output: String, errors: String) {
    let running = try start(arguments, in: folder)
    let status = running.end()
    return (status, running.output, running.errors)
  }

  /// Makes a connection that is refused.
  func knock() throws { _ = try run(["bash", "-c", "echo > /dev/tcp/127.0.0.1/9"], in: Folder()) }

  /// Starts a capture and waits until it captures.
  func capture(_ arguments: [String], in folder: Folder, output: FileHandle? = nil) throws -> Running {
    let running = try start([Needs.reasm] + arguments, in: folder, output: output)
    running.wait { running.errors.contains("capturing on") || !running.isRunning }
    try #require(running.isRunning, "\(running.errors)")
    return running
  }
}

/// What a test cannot do without.
enum Needs {
  static let reasm = BuiltProgram.reasm

  /// Root, the right to make namespaces, and these programs.
  static func met(_ programs: String...) -> Bool {
    guard canMakeNetworks else { return false }
    let folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    return programs.allSatisfy { program in folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") } }
  }

  /// The kernel tells `ss` how the sockets are set that packets are captured with.
  static let describesSockets: Bool = {
    let descriptor = socket(AF_PACKET, Int32(SOCK_RAW.rawValue), 0)
    guard descriptor >= 0, let folder = try? Folder() else { return false }
    defer { close(descriptor) }
    guard let list = try? Running(["ss", "-0", "-e", "-n", "-O"], in: folder) else { return false }
    return list.end() == 0 && list.output.contains("ver:")
  }()

  /// The kernel has a target of iptables.
  static func hasTarget(_ target: String, _ option: String) -> Bool {
    guard met("iptables"), let network = try? Network(), let folder = try? Folder() else { return false }
    return (try? network.run(["iptables", "-A", "OUTPUT", "-j", target, option, "0"], in: folder).status) == 0
  }

  private static let canMakeNetworks: Bool = {
    guard geteuid() == 0 else { return false }
    return (try? Network()) != nil
  }()
}
