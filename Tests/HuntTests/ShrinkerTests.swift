import HuntSupport
import Packets
import Testing

@Suite struct ShrinkerTests {
  /// Two packets fail together, one of them with at least three bytes: nothing else is left.
  @Test func leavesWhatFails() throws {
    func fails(_ script: HuntScript) -> Bool {
      let ending = script.packets.firstIndex { $0.tcpFlags.contains(.rst) }
      let data = script.packets.lastIndex { $0.length >= 3 }
      return ending.map { ending in data.map { $0 > ending } ?? false } ?? false && script.options.overlapPolicy != "first"
    }
    let script = try #require(
      (0..<500).lazy.map { ScriptMaker.script(seed: 3, number: $0) }.first { $0.packets.count > 50 && fails($0) })
    let smallest = Shrinker.shrink(script, while: fails)
    #expect(smallest.packets.count == 2)
    #expect(smallest.packets.map(\.length) == [0, 3])
    var options = HuntOptions()
    options.overlapPolicy = script.options.overlapPolicy
    #expect(smallest.options == options)
    #expect(smallest.text.contains("c.add(TestSegment("))
    #expect(smallest.text.contains("--overlap-policy \(options.overlapPolicy)"))
  }

  @Test func triesNoMoreThanItMay() {
    var tried = 0
    let script = ScriptMaker.script(seed: 1, number: 1)
    _ = Shrinker.shrink(script, budget: 20) { _ in
      tried += 1
      return false
    }
    #expect(tried == 20)
  }
}
