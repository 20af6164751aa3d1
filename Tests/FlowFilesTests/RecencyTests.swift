import Testing

@testable import FlowFiles

/// What was used since the last look, whatever happened meanwhile; against a set that is kept beside it.
@Suite struct RecencyTests {
  private final class Owner {
    let number: Int
    var slot: Int32 = -1
    init(_ number: Int) { self.number = number }
  }

  @Test(arguments: 0..<50)
  func takesThoseThatWereUsed(_ seed: Int) {
    var list = RecencyList<Owner>()
    var owners: [Owner] = []
    var used: Set<Int> = []
    var random = UInt64(seed)
    func next(_ bound: Int) -> Int {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(random >> 33) % bound
    }
    for number in 0..<400 {
      switch next(8) {
      case 0, 1:
        let owner = Owner(number)
        owner.slot = list.insert(owner)
        owners.append(owner)
        used.insert(number)
      case 2 where !owners.isEmpty:
        let owner = owners.remove(at: next(owners.count))
        list.remove(owner.slot)
        used.remove(owner.number)
      case 3:
        #expect(Set(list.takeRecent().map(\.number)) == used)
        used = []
      case _ where !owners.isEmpty:
        let owner = owners[next(owners.count)]
        list.touch(owner.slot)
        used.insert(owner.number)
      default: break
      }
    }
    #expect(Set(list.takeRecent().map(\.number)) == used)
    #expect(list.takeRecent().isEmpty)
  }
}
