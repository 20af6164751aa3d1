import EngineChecks
import Packets
import Reassembly
import TestSupport

/// The assembler, driven by a script of bytes; the first one selects what the script is held against.
///
/// - 0: one conversation under `first`: exactly the streams and gaps of the reference model.
/// - 1: one conversation whose first byte never comes, under every policy: the per-byte oracle, conflicts too.
/// - 2 and 3: anything at all on two connections, under any limits: the laws and the contract of `TCPStream`.
enum AssemblerTarget {
  static func problems(_ input: [UInt8]) -> [String] {
    var source = ByteSource(input)
    let header = source.next()
    switch header & 3 {
    case 0: return FaithfulScript(header: header, &source).problemsByModel()
    case 1: return FaithfulScript(header: header, &source).problemsByOracle()
    default: return WildScript(header: header, &source).problems()
    }
  }

  /// Initial sequence numbers: far from the wrap, just before it, just before the sign changes.
  static let initialSequences: [UInt32] = [1_000, 0xffff_fff0, 0x7fff_fff0, 0xffff_fe00]

  static let policies = OverlapPolicy.allCases

  /// The byte that a party sends at an offset; another one in a packet that differs.
  static func byte(_ party: Int, _ offset: Int, differing packet: Int?) -> UInt8 {
    let base = UInt8(truncatingIfNeeded: (offset &* 31) ^ (offset >> 5) ^ (party &* 0x55))
    return packet.map { base ^ UInt8(truncatingIfNeeded: $0 &* 8 | 1) } ?? base
  }
}
