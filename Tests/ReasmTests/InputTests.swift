import Foundation
import Testing

/// Input that is bad, or ends badly: one line that says what to do, and nothing lost that was read.
@Suite struct InputTests {
  static let unreadable: [(name: String, bytes: [UInt8]?, words: String)] = [
    ("missing.pcap", nil, "no such file"),
    (".", nil, "a folder without a capture in it"),
    ("empty.pcap", [], "is empty"),
    ("a.pcap.gz", [0x1f, 0x8b, 8, 0, 0, 0], "ends inside the capture's own header"),
    ("b.zip", Array("PK\u{3}\u{4}..".utf8), "ZIP archive"),
    ("notes.txt", Array("some text\n".utf8), "text2pcap"),
    ("header.pcap", Array(CaptureBytes().bytes.prefix(20)), "ends inside the capture's own header"),
    ("ng.pcapng", [0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0], "ends inside the capture's own header"),
    ("usb.pcap", CaptureBytes(linkType: 189).bytes, "link type 189, USB_LINUX"),
    ("user.pcap", CaptureBytes(linkType: 147).bytes, "link type 147"),
  ]

  @Test(arguments: unreadable)
  func nothingCanBeDone(_ name: String, _ bytes: [UInt8]?, _ words: String) throws {
    let command = try Command(bytes.map { [name: $0] } ?? [:])
    let outcome = try command.run(["-r", name, "-o", "out"])
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.hasPrefix("reasm: \(name): "), "\(outcome.errors)")
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
    #expect(command.names(in: "out") == nil)
  }

  /// A shard needs files, and a file that is missing is none of another kind.
  @Test(arguments: [[], ["--shard", "0/2"], ["--shards", "2"]])
  func aMissingFileIsNamed(_ options: [String]) throws {
    let outcome = try Command().run(["-r", "none.pcap", "-o", "out"] + options)
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("reasm: none.pcap: no such file"), "\(outcome.errors)")
  }

  @Test func emptyStandardInput() throws {
    let outcome = try Command().run(["-r", "-", "-o", "out"])
    #expect(outcome.status == 1)
    #expect(outcome.errors.hasPrefix("reasm: standard input: is empty"))
  }

  @Test func aWrongFilterComesWithLibpcapsWordsAndItself() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["-r", "a.pcap", "-o", "out", "tcp", "prot", "80"])
    #expect(outcome.status == 1)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("filter 'tcp prot 80': "))
    #expect(outcome.errors.hasSuffix("; pcap-filter(7) has the syntax\n"))
    #expect(command.names(in: "out") == nil)
  }

  @Test(arguments: ["tcp.port == 80", "http", "ip.addr==10.0.0.1", "!dns and tls.record"])
  func aDisplayFilterOfWiresharkIsToldFromAWrongFilter(_ filter: String) throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["-r", "a.pcap", "-o", "out", "-f", filter])
    #expect(outcome.status == 1)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.hasSuffix("; display filters of Wireshark are not known here, write tcpdump's: tcp port 80 and host 10.0.0.1\n"))
  }

  @Test func aFileNameCannotDriveTheTerminal() throws {
    let outcome = try Command().run(["-r", "a\u{1b}[2J\nb.pcap", "-o", "out"])
    #expect(outcome.status == 1)
    #expect(outcome.errorLines == ["reasm: a?[2J?b.pcap: no such file; check the name and the folder"])
  }

  /// As another user where the tests run as root, because root may read everything.
  @Test(.enabled(if: Privileges.canDrop, "needs a user that may not read the file, and setpriv where the tests run as root"))
  func noPermission() throws {
    let command = try Command(["secret.pcap": CaptureBytes.conversation().bytes])
    try FileManager.default.setAttributes([.posixPermissions: 0o000], ofItemAtPath: command.folder + "/secret.pcap")
    let outcome = try command.run(Privileges.arguments + ["-r", "secret.pcap", "-o", "out"], of: Privileges.program)
    #expect(outcome.status == 1)
    #expect(outcome.errors == "reasm: secret.pcap: no permission to read it; ask its owner, or run as a user who may\n")
  }

  /// At every length that ends inside the last packet.
  @Test func aCutCaptureKeepsWhatIsWhole() throws {
    let whole = CaptureBytes.conversation().bytes
    for missing in [1, 30, 54, 69] {
      let command = try Command(["cut.pcap": whole.dropLast(missing)])
      let outcome = try command.run(["-r", "cut.pcap", "-o", "out"])
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains("reasm: cut.pcap: the capture is cut off"))
      #expect(outcome.errors.contains("every packet before that was used"))
      #expect(outcome.errors.contains(/packets +3\n/), "\(outcome.errors)")
      #expect(command.names(in: "out")?.contains("run.json") == true)
    }
  }

  @Test func damageInTheMiddleKeepsWhatCameBefore() throws {
    var capture = CaptureBytes.conversation()
    capture.bytes += [UInt8](repeating: 0xff, count: 64)
    let command = try Command(["damaged.pcap": capture.bytes])
    let outcome = try command.run(["-r", "damaged.pcap", "-o", "out"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("reasm: damaged.pcap: damaged: "))
    #expect(outcome.errors.contains(/packets +4\n/), "\(outcome.errors)")
  }
}

/// How to run the binary as somebody who is not root.
enum Privileges {
  private static let setpriv = "/usr/bin/setpriv"
  private static let drop = ["--reuid", "65534", "--regid", "65534", "--clear-groups", Command.reasm]

  static let program = isRoot ? setpriv : Command.reasm
  static let arguments = isRoot ? drop : []

  /// Whether that works here: the binary and its folders may be closed to others.
  static let canDrop: Bool = {
    if !isRoot { return true }
    guard FileManager.default.isExecutableFile(atPath: setpriv), let command = try? Command() else { return false }
    return (try? command.run(drop + ["--version"], of: setpriv).status) == 0
  }()
}
