import Packets

struct Defragmenter {
  init(_ options: AssemblerOptions) {}
  mutating func discardAll() -> UInt64 { 0 }
}
