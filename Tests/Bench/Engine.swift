import CPcap
import Capture
import Glibc
import Packets
import Reassembly

/// Takes every stream and keeps nothing but a count.
final class CountingStreams: StreamFactory {
  final class Counter: TCPStream {
    let streams: CountingStreams
    init(_ streams: CountingStreams) { self.streams = streams }
    func reassembled(_ data: inout ReassembledData) { streams.bytes &+= data.count }
    func reassemblyComplete(_ report: ConnectionReport) -> Bool { false }
  }

  var bytes = 0
  private(set) var connections = 0

  func makeStream(for opening: ConnectionOpening) -> any TCPStream {
    connections += 1
    return Counter(self)
  }
}

/// Reading alone, and reading with decoding and assembling.
enum Engine {
  /// The least that libpcap can do: an empty `pcap_loop`.
  static func emptyLoop(_ path: String) throws -> Int {
    var words = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    guard let handle = pcap_open_offline(path, &words) else { throw BenchError("\(path): cannot be read") }
    defer { pcap_close(handle) }
    var packets = 0
    withUnsafeMutablePointer(to: &packets) { count in
      _ = pcap_loop(
        handle, -1, { user, _, _ in user?.withMemoryRebound(to: Int.self, capacity: 1) { $0.pointee += 1 } },
        UnsafeMutableRawPointer(count).assumingMemoryBound(to: UInt8.self))
    }
    return packets
  }

  /// Reads, decodes and assembles into streams that only count.
  static func assemble(_ path: String) throws -> (packets: UInt64, connections: Int, bytes: Int) {
    var captures = try CaptureSet(paths: [path])
    let streams = CountingStreams()
    var assembler = Assembler(factory: streams)
    var packets: UInt64 = 0
    while let batch = captures.nextBatch() {
      for index in 0..<batch.count where !assembler.prefetch(packet: batch[index].bytes, linkType: batch[index].linkType) { break }
      for index in 0..<batch.count {
        let packet = batch[index]
        packets += 1
        do throws(DecodeError) {
          try assembler.assemble(packet: packet.bytes, linkType: packet.linkType, info: packet.info)
        } catch {
          continue
        }
      }
    }
    assembler.flushAll()
    return (packets, streams.connections, streams.bytes)
  }

  /// What no program that uses libpcap can avoid: an empty loop, then a file made, written and closed for each of `sizes`.
  static func floor(_ path: String, sizes: String, output: String) throws {
    _ = try emptyLoop(path)
    guard let list = fopen(sizes, "r") else { throw BenchError("\(sizes): cannot be read") }
    defer { fclose(list) }
    guard mkdir(output, 0o777) == 0 else { throw BenchError("\(output): cannot be made") }
    let directory = open(output, O_RDONLY | O_DIRECTORY)
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    var line = [CChar](repeating: 0, count: 32)
    var number = 0
    while fgets(&line, 32, list) != nil {
      var left = atol(line)
      number += 1
      let file = openat(directory, "192.168.001.001.00080-010.000.000.\(number)", O_CREAT | O_EXCL | O_WRONLY, 0o644)
      while left > 0 {
        let count = write(file, zeros, min(left, zeros.count))
        guard count > 0 else { throw BenchError("\(output): no room") }
        left -= count
      }
      close(file)
    }
  }
}
