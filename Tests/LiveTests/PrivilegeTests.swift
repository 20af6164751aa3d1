import Foundation
import Testing

extension LiveTests {
  /// Root is given up for good, and what is missing is said.
  @Suite(.enabled(if: Needs.met("ip"), "needs root and ip"))
  struct PrivilegeTests {
    /// Real, effective, saved and file system ids, groups and capabilities: with none of them left, no call brings root back.
    @Test func rootCannotComeBack() throws {
      let (network, folder) = (try Network(), try Folder())
      let capture = try network.capture(["-i", "lo", "-o", "out", "-w", "raw.pcap", "-U", "nobody"], in: folder)
      let (user, group) = (try #require(getpwnam("nobody")).pointee.pw_uid, try #require(getpwnam("nobody")).pointee.pw_gid)
      // To the kernel each thread has rights of its own.
      let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(capture.identifier)/task")
      #expect(!threads.isEmpty)
      for thread in threads {
        let path = "/proc/\(capture.identifier)/task/\(thread)/status"
        let status = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        func field(_ name: String) -> [Substring] {
          status.first { $0.hasPrefix(name + ":") }?.split(whereSeparator: \.isWhitespace).dropFirst().map { $0 } ?? []
        }
        #expect(field("Uid") == Array(repeating: Substring(String(user)), count: 4))
        #expect(field("Gid") == Array(repeating: Substring(String(group)), count: 4))
        #expect(!field("Groups").contains("0"))
        for set in ["CapPrm", "CapEff", "CapAmb"] { #expect(field(set) == ["0000000000000000"], "\(set)") }
      }
      for name in ["out", "out/connections.ndjson", "raw.pcap"] {
        let owner = try FileManager.default.attributesOfItem(atPath: folder.path(name))[.ownerAccountID] as? Int
        #expect(owner == Int(user), "\(name)")
      }
      _ = try network.run(["bash", "-c", "echo > /dev/tcp/127.0.0.1/9"], in: folder)
      #expect(capture.interrupt() == 0)
      #expect(try IndexLine.all(folder, "out").count == 1)
      #expect(folder.names("out").contains("run.json"))
    }

    /// A folder in which somebody's files lie stays theirs.
    ///
    /// Where the user may not write to it, that is said before anything is captured.
    @Test func aFolderWithOtherFilesIsNotGivenAway() throws {
      let (network, folder) = (try Network(), try Folder())
      let arguments = ["-i", "lo", "-o", ".", "--force", "-U", "nobody"]
      func owner() throws -> Int? { try FileManager.default.attributesOfItem(atPath: folder.path)[.ownerAccountID] as? Int }
      let refused = try network.start([Needs.reasm] + arguments, in: folder)
      #expect(refused.end(within: 5) == 1)
      #expect(refused.errors == "reasm: .: nobody may not write to this folder; name a new one with -o\n")
      #expect(try owner() == 0)
      try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
      let capture = try network.capture(arguments, in: folder)
      #expect(try owner() == 0)
      #expect(capture.interrupt() == 0)
      #expect(folder.names().contains("run.json"))
    }

    /// Where the run cannot begin, the folder that was made for it is gone: the same command, put right, must find it free.
    @Test(arguments: [["-w", "no/where"], ["-U", "nobody", "--on-close", "private/told"]])
    func nothingIsLeftWhereTheRunCannotBegin(_ wrong: [String]) throws {
      let (network, folder) = (try Network(), try Folder())
      try FileManager.default.createDirectory(
        atPath: folder.path("private"), withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
      try folder.write("private/told", Data("#!/bin/sh\n".utf8), mode: 0o755)
      try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
      let refused = try network.start([Needs.reasm, "-i", "lo", "-o", "out"] + wrong, in: folder)
      #expect(refused.end(within: 5) == 1)
      #expect(refused.errors.split(separator: "\n").count == 1, "\(refused.errors)")
      #expect(!folder.names().contains("out"))
      #expect(try network.capture(["-i", "lo", "-o", "out"], in: folder).interrupt() == 0)
    }

    /// Root writes to the file of `-w`, and `-U` gives it away: it is a new one, no link leads elsewhere, and nobody else has it already.
    @Test func packetsGoToAFileOfItsOwn() throws {
      let (network, folder) = (try Network(), try Folder())
      try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
      func refusal(_ arguments: [String]) throws -> String {
        let run = try network.start([Needs.reasm, "-i", "lo", "-o", "out", "-U", "nobody"] + arguments, in: folder)
        #expect(run.end(within: 5) == 1)
        #expect(!folder.names().contains("out"))
        return run.errors
      }
      func owner(_ name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: folder.path(name))[.ownerAccountID] as? Int
      }
      try folder.write("victim", Data("secret".utf8))
      #expect(symlink("victim", folder.path("link")) == 0)
      #expect(link(folder.path("victim"), folder.path("second")) == 0)
      try folder.write("theirs", Data("theirs".utf8))
      #expect(chown(folder.path("theirs"), 65_534, 65_534) == 0)
      try folder.write("mine", Data("mine".utf8))
      for force in [[], ["--force"]] {
        #expect(
          try refusal(["-w", "link"] + force) == "reasm: link: is a symbolic link, which is not followed; name the file itself with -w\n")
      }
      #expect(try refusal(["-w", "mine"]) == "reasm: mine: is there already; name another file with -w, or say --force to replace it\n")
      for name in ["second", "theirs"] {
        let words = "has another owner or another name too; remove it first, or name another file with -w"
        #expect(try refusal(["-w", name, "--force"]) == "reasm: \(name): \(words)\n")
      }
      // Before anything else: what is wrong otherwise makes or empties nothing.
      let wrong = try network.start([Needs.reasm, "-i", "nowhere0", "-o", "out", "-w", "mine", "--force"], in: folder)
      #expect(wrong.end(within: 5) == 1)
      let other = try network.start([Needs.reasm, "-i", "nowhere0", "-o", "out", "-w", "new"], in: folder)
      #expect(other.end(within: 5) == 1)
      #expect(!folder.names().contains("new") && !folder.names().contains("out"))
      for (name, text) in [("victim", "secret"), ("theirs", "theirs"), ("mine", "mine")] { #expect(folder.data(name) == Data(text.utf8)) }
      #expect(try owner("victim") == 0)
      let capture = try network.capture(["-i", "lo", "-o", "out", "-w", "mine", "--force", "-U", "nobody"], in: folder)
      #expect(capture.interrupt() == 0)
      #expect(folder.size("mine") >= 24)
      #expect(try owner("mine") == Int(try #require(getpwnam("nobody")).pointee.pw_uid))
    }

    static let refused: [(arguments: [String], status: Int32, words: String)] = [
      (["-i", "nowhere0"], 1, "reasm: nowhere0: no such interface; there are: "),
      (["-i", "lo", "--time-stamp-type", "sundial"], 1, "no time stamps of type 'sundial'"),
      (["-i", "lo", "tcp", "prot"], 1, "filter 'tcp prot': "),
      (["-i", "lo", "-w", "no/where"], 1, "reasm: no/where: No such file or directory"),
      (["-i", "lo", "-r", "a.pcap"], 64, "-i captures from an interface and -r reads a file"),
      (["-i", "lo", "-U", "nosuchuser"], 64, "no such user"), (["-i", "lo", "-U", "root"], 64, "is root itself"),
      (["-i", "lo", "--on-close", "/bin/echo closed"], 64, "no such file"), (["-i", "lo", "--on-close", "/etc"], 64, "not a program"),
      (["-i", "lo", "--snaplen=-1"], 64, "--snaplen"), (["-i", "lo", "-B", "1"], 64, "--buffer-size"),
      (["-i", "lo", "--duration", "0"], 64, "--duration 0"), (["-i", "lo", "--stats-interval", "0"], 64, "--stats-interval 0"),
      (["-i", "lo", "-w", "-"], 64, "--write"), (["-i", ""], 64, "--interface is empty"),
      (["-i", "lo", "--events", "--summary", "json"], 64, "both go to standard output"),
      (["-r", "a.pcap", "-w", "b.pcap"], 64, "--write is for capturing"),
      (["-r", "a.pcap", "-U", "nobody"], 64, "--user is for capturing"),
    ]

    @Test(arguments: refused)
    func isRefused(_ arguments: [String], _ status: Int32, _ words: String) throws {
      let folder = try Folder()
      let run = try Running([Needs.reasm] + arguments + ["-o", "out"], in: folder)
      #expect(run.end(within: 10) == status)
      #expect(run.errors.contains(words), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1)
    }

    @Test(.enabled(if: Needs.met("setpriv"), "needs setpriv"))
    func withoutPermissionTheWaysOutAreNamed() throws {
      let folder = try Folder()
      let drop = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
      let run = try Running(drop + [Needs.reasm, "-i", "lo"], in: folder)
      #expect(run.end() == 1)
      #expect(run.errors.contains("reasm: lo: no permission to capture; run as root, or let the binary do it: sudo setcap cap_net_raw"))
    }

    @Test func interfacesAreListed() throws {
      let (network, folder) = (try Network(), try Folder())
      let run = try network.run([Needs.reasm, "-D"], in: folder)
      #expect(run.status == 0)
      #expect(run.output.contains(/(?m)^lo +up +127\.0\.0\.1 ::1 +Loopback$/), "\(run.output)")
    }
  }
}
