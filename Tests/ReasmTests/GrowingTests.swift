import Foundation
import Testing

/// Files that are still written, captures from a socket, and more files than descriptors.
@Suite struct GrowingTests {
  /// Appends a capture in uneven pieces, so that records lie there half.
  private func append(_ bytes: [UInt8], to handle: FileHandle) throws {
    var rest = bytes[...]
    var size = 1
    while !rest.isEmpty {
      try handle.write(contentsOf: Data(rest.prefix(size)))
      rest = rest.dropFirst(size)
      size = size * 3 % 2003 + 1
      usleep(3000)
    }
  }

  @Test(arguments: Containers.Container.allCases)
  func aGrowingFileEndsEqualToReadingItAfterwards(_ container: Containers.Container) throws {
    let command = try Command(["growing": []])
    let file = try #require(FileHandle(forWritingAtPath: command.folder + "/growing"))
    try command.start(["-r", "growing", "--follow", "-o", "out", "-q", "-c", "\(Containers.packets.count)"])
    try append(Containers.capture(container), to: file)
    #expect(command.wait() == Command.Outcome.quietSuccess)
    #expect(try Containers.output(command, "out") == ContainerTests.expected)
  }

  /// The last record lies there half when the signal comes: that is no error of the capture.
  @Test(arguments: [SIGINT, SIGTERM])
  func aSignalIsTheEndOfFollowing(_ signal: Int32) throws {
    let whole = Containers.capture(.microseconds)
    let command = try Command(["growing": whole + Array(Containers.capture(.microseconds).dropFirst(24).prefix(30))])
    try command.start(["-r", "growing", "--follow", "-o", "out", "-v"])
    for _ in 0..<500 where !command.errorsSoFar.contains("reading growing") { usleep(10_000) }
    usleep(300_000)
    kill(command.identifier, signal)
    let outcome = command.wait()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(!outcome.isKilled)
    #expect(!outcome.errors.contains("interrupted"))
    #expect(!outcome.errors.contains("is cut off"))
    #expect(try Containers.output(command, "out") == ContainerTests.expected)
  }

  /// What the file holds when the signal comes is read: both wait while the program is stopped.
  @Test func whatLiesThereWhenTheSignalComesIsRead() throws {
    let whole = Containers.capture(.microseconds)
    let command = try Command(["growing": Array(whole.prefix(300))])
    let file = try #require(FileHandle(forWritingAtPath: command.folder + "/growing"))
    try command.start(["-r", "growing", "--follow", "-o", "out", "-v"])
    for _ in 0..<500 where !command.errorsSoFar.contains("reading growing") { usleep(10_000) }
    kill(command.identifier, SIGSTOP)
    try file.seekToEnd()
    try file.write(contentsOf: Data(whole.dropFirst(300)))
    kill(command.identifier, SIGINT)
    kill(command.identifier, SIGCONT)
    #expect(command.wait().status == 0)
    #expect(try Containers.output(command, "out") == ContainerTests.expected)
  }

  /// The signal ends it although the file never stops growing.
  @Test func aFileThatGrowsOnIsReadToWhereItWas() throws {
    var packets = CaptureBytes()
    for _ in 0..<5_000 { packets.packet(CaptureBytes.arp) }
    let command = try Command(["growing": packets.bytes, "packets": Array(packets.bytes.dropFirst(24))])
    let writer = Process()
    writer.executableURL = URL(fileURLWithPath: "/bin/sh")
    writer.arguments = ["-c", "for n in $(seq 3000); do cat packets; done >> growing"]
    writer.currentDirectoryURL = URL(fileURLWithPath: command.folder)
    try writer.run()
    defer { writer.terminate() }
    try command.start(["-r", "growing", "--follow", "-o", "out", "-v"])
    for _ in 0..<500 where !command.errorsSoFar.contains("reading growing") { usleep(10_000) }
    kill(command.identifier, SIGINT)
    let outcome = command.wait()
    #expect(outcome.status == 0 && !outcome.isKilled, "\(outcome.errors)")
  }

  /// tcpdump writes what it reads from a pipe that brings a few bytes at a time: after each packet, or when its buffer is full.
  @Test(
    .enabled(if: Tcpdump.path != nil, "needs tcpdump"),
    arguments: [["-U"], []], [Containers.Container.microseconds, .nanoseconds])
  func whatTcpdumpWritesEndsEqualToReadingItAfterwards(_ option: [String], _ container: Containers.Container) throws {
    let (writer, reader) = (try Command(), try Command())
    let pipe = Pipe()
    let precision = container == .nanoseconds ? ["--nano"] : []
    try writer.start(
      ["-r", "-", "-w", "growing.pcap"] + precision + option + Tcpdump.identity, of: try #require(Tcpdump.path), input: pipe)
    let bytes = Containers.capture(container)
    try append(Array(bytes.prefix(500)), to: pipe.fileHandleForWriting)
    let growing = writer.folder + "/growing.pcap"
    for _ in 0..<500 where !FileManager.default.fileExists(atPath: growing) { usleep(10_000) }
    try reader.start(["-r", growing, "--follow", "-o", "out", "-q"])
    try append(Array(bytes.dropFirst(500)), to: pipe.fileHandleForWriting)
    try pipe.fileHandleForWriting.close()
    let written = writer.wait()
    #expect(written.status == 0, "\(written.errors)")
    kill(reader.identifier, SIGINT)
    #expect(reader.wait() == Command.Outcome.quietSuccess)
    #expect(try reader.run(["-r", growing, "-o", "afterwards", "-q"]) == Command.Outcome.quietSuccess)
    #expect(try Containers.output(reader, "out") == ContainerTests.expected)
    let difference = try reader.run(["-r", "out", "afterwards"], of: "/usr/bin/diff")
    #expect(difference.status == 0, "\(difference.output)")
  }

  @Test(arguments: [0, 10] as [Int])
  func aCaptureOverTCP(cut: Int) throws {
    let listener = try Listener()
    let command = try Command()
    try command.start(["-r", "tcp://127.0.0.1:\(listener.port)", "-q"])
    try listener.serve(Containers.capture(.pcapng).dropLast(cut))
    let outcome = command.wait()
    #expect(outcome.status == (cut == 0 ? 0 : 2), "\(outcome.errors)")
    #expect(outcome.errorLines.count == (cut == 0 ? 0 : 1))
    if cut == 0 { #expect(try Containers.output(command, "127.0.0.1_\(listener.port).streams") == ContainerTests.expected) }
  }

  @Test func nobodyAtTheAddress() throws {
    let port = try Listener().port
    let outcome = try Command().run(["-r", "tcp://127.0.0.1:\(port)"])
    #expect(outcome.status == 1)
    #expect(outcome.errors.hasPrefix("reasm: tcp://127.0.0.1:\(port): Connection refused; "), "\(outcome.errors)")
  }

  /// 10 000 captures of one packet each, named in another order than that of their times.
  @Test func tenThousandFilesWithSixtyFourDescriptors() throws {
    let command = try Command()
    try FileManager.default.createDirectory(atPath: command.folder + "/many", withIntermediateDirectories: true)
    let count = 10_000
    var expected = ""
    for index in 0..<count {
      let line = String(format: "%05d\n", index)
      expected += line
      let bytes = CaptureBytes.segment(sequence: 1000 + UInt32(index * 6), flags: 0x18, line)
      let packet = Containers.Packet(seconds: 1_700_000_000 + UInt32(index), bytes: bytes, isFromClient: true)
      let name = String(format: "%05d.pcap", index * 7919 % count)
      try Data(Containers.capture(.microseconds, [packet])).write(to: URL(fileURLWithPath: command.folder + "/many/" + name))
    }
    let script = "ulimit -n 64; exec \"$0\" -r many -o out -q"
    #expect(try command.run(["-c", script, Command.reasm], of: "/bin/sh") == Command.Outcome.quietSuccess)
    #expect(command.contents("out/010.000.000.001.40000-010.000.000.002.00080") == expected)
  }
}

/// The program that writes most captures.
enum Tcpdump {
  /// nil where it is not installed.
  static let path = ["/usr/bin/tcpdump", "/usr/sbin/tcpdump"].first { FileManager.default.isExecutableFile(atPath: $0) }

  /// As root it would give up its rights before it makes the file.
  static let identity = isRoot ? ["-Z", "root"] : []
}

/// Serves bytes once on a port of the loopback interface.
final class Listener {
  let port: UInt16
  private let descriptor: Int32

  init() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let answer = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, length) == 0 && listen(descriptor, 1) == 0 && getsockname(descriptor, pointer, &length) == 0
      }
    }
    guard answer else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    self.descriptor = descriptor
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(descriptor) }

  func serve(_ bytes: some Collection<UInt8>) throws {
    let connection = accept(descriptor, nil, nil)
    let handle = FileHandle(fileDescriptor: connection, closeOnDealloc: true)
    try handle.write(contentsOf: Data(bytes))
    try handle.close()
  }
}
