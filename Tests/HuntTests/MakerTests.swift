import Foundation
import HuntSupport
import Packets
import Testing

/// What scripts are made of: everything that is promised comes up.
@Suite struct MakerTests {
  private static let scripts = (0..<3_000).map { ScriptMaker.script(seed: 1, number: $0) }
  private static let packets = scripts.flatMap(\.packets)

  @Test func theSameNumberMakesTheSameScript() {
    #expect(ScriptMaker.script(seed: 1, number: 7) == Self.scripts[7])
    #expect(ScriptMaker.script(seed: 2, number: 7) != Self.scripts[7])
  }

  @Test func aScriptSurvivesItsText() throws {
    for script in Self.scripts.prefix(50) {
      #expect(try JSONDecoder().decode(HuntScript.self, from: JSONEncoder().encode(script)) == script)
    }
  }

  @Test func everyCombinationOfFlags() { #expect(Set(Self.packets.map(\.flags)).count == 256) }

  @Test func lengths() {
    let lengths = Set(Self.packets.map(\.length))
    #expect(lengths.contains(0) && lengths.contains(1) && lengths.contains { $0 > 64_000 })
    #expect(Self.packets.count { $0.length < 25 } > Self.packets.count / 2)
  }

  @Test func everythingAroundASegment() {
    #expect(Set(Self.scripts.map(\.link)) == Set(HuntLink.allCases))
    #expect(Set(Self.packets.compactMap(\.tunnel)) == Set(HuntTunnel.allCases))
    #expect(Self.packets.contains { $0.vlans.count == 2 } && Self.packets.contains { $0.cut > 0 })
    #expect(Self.packets.contains { $0.hasBadChecksum } && Self.packets.contains { $0.statesNoLength })
    #expect(Self.packets.contains { $0.fragment?.isOuter == true } && Self.packets.contains { $0.fragment?.salt ?? 0 != 0 })
    #expect(Self.packets.contains { $0.source == $0.destination })
  }

  /// From one number of a direction to another, both signs.
  @Test(arguments: [1, 1 << 16, (1 << 30) - 1, 1 << 30, (1 << 30) + 1, (1 << 31) - 1, 1 << 31, (1 << 31) + 1] as [UInt32])
  func distances(_ distance: UInt32) {
    let isFound = Self.scripts.contains { script in
      let byDirection = Dictionary(grouping: script.packets) { [$0.source, $0.destination] }
      return byDirection.values.contains { packets in
        let numbers = Set(packets.flatMap { [$0.payloadSequence, $0.payloadSequence &+ UInt32($0.length)] })
        return numbers.contains { numbers.contains($0 &+ distance) }
      }
    }
    #expect(isFound)
  }

  /// Each option has another value than its default somewhere: leaving one at its default is what `simpler` does.
  @Test func everyOption() {
    let changed = Set(
      Self.scripts.flatMap { script in
        script.options.simpler.flatMap { simpler in Self.differing(simpler, script.options) }
      })
    #expect(changed == Set(Mirror(reflecting: HuntOptions()).children.compactMap(\.label)))
  }

  private static func differing(_ one: HuntOptions, _ other: HuntOptions) -> [String] {
    zip(Mirror(reflecting: one).children, Mirror(reflecting: other).children).compactMap { first, second in
      "\(first.value)" == "\(second.value)" ? nil : first.label
    }
  }

  @Test func bothKinds() {
    let faithful = Self.scripts.count { $0.kind == .faithful }
    #expect(faithful > 300 && faithful < 800)
  }
}
