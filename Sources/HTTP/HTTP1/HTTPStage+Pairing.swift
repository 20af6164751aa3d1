internal import Stages

/// Which request a response answers.
extension HTTPStage {
  /// The request that a response or an interim response answers: the first that waits, unless acknowledgments tell otherwise.
  ///
  /// Behind a hole of the server's stream from G on, a head at S skips requests before one that was sent with an acknowledgment A, G < A <= S:
  /// its sender had what came in the hole. Behind a hole of the client's stream, a head whose packet acknowledges no byte of the request
  /// answers one that is lost. Nor does a head behind a hole answer a request whose packet acknowledges the head.
  func answerable(_ direction: Direction, _ message: Message) -> (exchange: Exchange, index: Int, isProven: Bool)? {
    guard answered < open.count else { return nil }
    var index = answered
    var isProven = false
    if let gap = direction.gapStart {
      for candidate in (answered..<open.count).reversed() {
        guard let acknowledged = open[candidate].request?.stamp.acknowledged, acknowledged > gap, acknowledged <= message.offset else {
          continue
        }
        index = candidate
        isProven = true
        break
      }
    }
    let exchange = open[index]
    // Its sender had the head before it sent the request.
    if direction.gapStart != nil, let acknowledged = exchange.request?.stamp.acknowledged, acknowledged > message.offset { return nil }
    if let start = exchange.requestGapStart, let request = exchange.request, let acknowledged = message.stamp.acknowledged {
      if acknowledged <= request.offset, acknowledged > start { return nil }
      isProven = true
    }
    return (exchange, index, isProven)
  }

  /// The exchange of a response that begins.
  func pair(_ direction: Direction, _ message: Message) -> Exchange {
    guard let (exchange, index, isProven) = answerable(direction, message) else {
      let orphan = Exchange(number: numbers.next(), enclosure: enclosure)
      orphan.scheme = Array((enclosure == .tls ? "https" : "http").utf8)
      orphan.response = message
      track(orphan)
      return orphan
    }
    for skipped in answered..<index { giveUpAnswer(open[skipped]) }
    answered = index + 1
    compactOpen()
    exchange.response = message
    exchange.pairing = isProven ? .acknowledgment : .order
    return exchange
  }

  /// No answer comes any more.
  private func giveUpAnswer(_ exchange: Exchange) {
    exchange.isUnanswered = true
    report(exchange)
  }

  private func compactOpen() {
    guard answered * 2 > open.count else { return }
    open.removeFirst(answered)
    answered = 0
  }

  /// Too many requests wait: the oldest is given up.
  func limitOpen() {
    guard open.count - answered > context.options.maxOpenRequests else { return }
    context.requestsGivenUp &+= 1
    giveUpAnswer(open[answered])
    answered += 1
    compactOpen()
  }

  // MARK: reporting

  /// An exchange that will be reported.
  func track(_ exchange: Exchange) { pending.append(exchange) }

  /// Reports an exchange if nothing more comes of it.
  func report(_ exchange: Exchange) {
    guard !exchange.isReported, exchange.request?.isOver ?? true, exchange.response?.isOver ?? exchange.isUnanswered else { return }
    deliver(exchange)
  }

  private func deliver(_ exchange: Exchange) {
    exchange.isReported = true
    receiver.completed(exchange)
    for side in MessageSide.allCases { exchange[side]?.reader = nil }
    while reported < pending.count, pending[reported].isReported { reported += 1 }
    if reported * 2 > pending.count {
      pending.removeFirst(reported)
      reported = 0
    }
  }

  /// Nothing more comes of the connection: what is left is reported, in order.
  func finish() {
    guard isHTTP else { return }
    http2?.finish()
    for direction in directions { direction.webSocket?.finish() }
    for exchange in pending[reported...] where !exchange.isReported { deliver(exchange) }
    pending = []
    reported = 0
    open = []
    answered = 0
  }
}
