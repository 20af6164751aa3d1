/// Pages for the bytes of queued and kept pieces, and the pieces themselves: taken from slabs, given back, never returned to the
/// system. (gopacket: `pageCache`.)
///
/// Pages never move, so a pointer into one is good until the page is given back. Every number that comes in here was given out
/// here: the engine's structures hold them, the wire never does.
struct PageCache: ~Copyable {
  private struct PageState {
    /// Pieces that lie in the page.
    var pieces: UInt32 = 0
    /// Bytes handed out, from the front.
    var filled: UInt32 = 0
  }

  private static let pagesPerSlab: UInt32 = 64
  private static let piecesPerSlab = 1024

  private var pageSlabs = PointerTable<UInt8>()
  private var stateSlabs = PointerTable<PageState>()
  private var freePages: [UInt32] = []
  private var pieceSlabs = PointerTable<Piece>()
  private var freePiece = PieceIndex.none

  /// Pages in use.
  private(set) var used = 0
  /// Pieces in use.
  private(set) var usedPieces = 0
  /// Pages asked for so far.
  private(set) var requests: UInt64 = 0

  /// What the priorities of the trees of pieces are made of.
  let seed: UInt64

  init(seed: UInt64) { self.seed = seed }

  deinit {
    for number in 0..<pageSlabs.count { UnsafeMutableRawPointer(pageSlabs[number]).deallocate() }
    for number in 0..<stateSlabs.count { stateSlabs[number].deallocate() }
    for number in 0..<pieceSlabs.count { pieceSlabs[number].deallocate() }
  }

  /// Bytes in use, pages and pieces together.
  var usedBytes: Int { used &* Page.size &+ usedPieces &* Piece.cost }

  // MARK: pages

  /// A page without pieces. Amortised O(1).
  mutating func next() -> UInt32 {
    requests &+= 1
    used &+= 1
    if let page = freePages.popLast() { return page }
    let first = UInt32(pageSlabs.count) * Self.pagesPerSlab
    let size = Int(Self.pagesPerSlab) * Page.size
    pageSlabs.append(UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64).bindMemory(to: UInt8.self, capacity: size))
    let states = UnsafeMutablePointer<PageState>.allocate(capacity: Int(Self.pagesPerSlab))
    states.initialize(repeating: PageState(), count: Int(Self.pagesPerSlab))
    stateSlabs.append(states)
    for page in (first + 1..<first + Self.pagesPerSlab).reversed() { freePages.append(page) }
    return first
  }

  /// Gives a page back. (gopacket: `replace`.)
  private mutating func replace(_ page: UInt32) {
    state(page).pointee = PageState()
    freePages.append(page)
    used &-= 1
  }

  /// Free bytes at the end of a page.
  func room(in page: UInt32) -> UInt32 { UInt32(Page.size) &- state(page).pointee.filled }

  /// Takes `count` bytes at the end of a page for one more piece, and answers their offset.
  mutating func reserve(_ count: UInt32, in page: UInt32) -> UInt32 {
    let offset = state(page).pointee.filled
    precondition(count <= UInt32(Page.size) &- offset, "a page is overfilled")
    state(page).pointee.filled = offset &+ count
    state(page).pointee.pieces &+= 1
    return offset
  }

  /// Another piece refers to the page.
  func retain(_ page: UInt32) { state(page).pointee.pieces &+= 1 }

  /// A piece lets go of the page; the last one gives it back. Answers whether it was the last.
  mutating func release(_ page: UInt32) -> Bool {
    state(page).pointee.pieces &-= 1
    guard state(page).pointee.pieces == 0 else { return false }
    replace(page)
    return true
  }

  /// Where a page's byte lies. Safe to use for `count` bytes that `reserve` gave out, until the page is given back.
  @inline(__always)
  func address(page: UInt32, offset: UInt32) -> UnsafeMutablePointer<UInt8> {
    let place = Int(page % Self.pagesPerSlab) &* Page.size
    return pageSlabs[Int(page / Self.pagesPerSlab)] + (place &+ Int(offset))
  }

  @inline(__always)
  private func state(_ page: UInt32) -> UnsafeMutablePointer<PageState> {
    stateSlabs[Int(page / Self.pagesPerSlab)] + Int(page % Self.pagesPerSlab)
  }

  // MARK: pieces

  /// A fresh piece. Amortised O(1).
  mutating func makePiece() -> PieceIndex {
    if !freePiece.exists { growPieces() }
    let index = freePiece
    let place = pointer(index)
    freePiece = place.pointee.right
    place.pointee = Piece()
    usedPieces &+= 1
    return index
  }

  /// Gives the piece itself back, not its bytes.
  mutating func freePiece(_ index: PieceIndex) {
    pointer(index).pointee.right = freePiece
    freePiece = index
    usedPieces &-= 1
  }

  private mutating func growPieces() {
    let base = UInt32(pieceSlabs.count * Self.piecesPerSlab)
    let slab = UnsafeMutablePointer<Piece>.allocate(capacity: Self.piecesPerSlab)
    slab.initialize(repeating: Piece(), count: Self.piecesPerSlab)
    pieceSlabs.append(slab)
    for number in (0..<UInt32(Self.piecesPerSlab)).reversed() {
      slab[Int(number)].right = freePiece
      freePiece = PieceIndex(rawValue: base + number)
    }
  }

  @inline(__always)
  private func pointer(_ index: PieceIndex) -> UnsafeMutablePointer<Piece> {
    pieceSlabs[Int(index.rawValue >> 10)] + Int(index.rawValue & 1023)
  }

  /// The piece with a number that `makePiece` gave out and `freePiece` has not taken back.
  subscript(_ index: PieceIndex) -> Piece {
    @inline(__always) _read { yield pointer(index).pointee }
    @inline(__always) nonmutating _modify { yield &pointer(index).pointee }
  }

  /// The bytes of a piece; empty for a mark.
  @inline(__always)
  func bytes(of index: PieceIndex) -> UnsafeBufferPointer<UInt8> {
    guard self[index].content == .bytes else { return UnsafeBufferPointer(start: nil, count: 0) }
    return UnsafeBufferPointer(start: address(page: self[index].page, offset: self[index].pageOffset), count: Int(self[index].length))
  }
}
