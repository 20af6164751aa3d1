internal import Stages

/// Pairing of requests and responses.
extension HTTPStage {
  /// Request that a response or an interim response answers.
  ///
  /// It is the first request that waits, unless a gap makes acknowledgment numbers decide:
  ///
  /// - After a gap at G in the server's stream, a response at S answers the last request whose packet acknowledges A bytes, G < A <= S: its
  ///   sender had received the bytes of the gap. Earlier requests were answered in the gap.
  /// - After a gap in the client's stream, a response whose packet acknowledges no byte of the request answers a request that was lost.
  /// - After a gap in the server's stream, a response does not answer a request whose packet acknowledges the response.
  ///
  /// - Returns: the exchange, its index in `open`, and whether acknowledgment numbers confirm the pair; nil if the request is not known.
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
    // The sender of the request had received this response before.
    if direction.gapStart != nil, let acknowledged = exchange.request?.stamp.acknowledged, acknowledged > message.offset { return nil }
    if let start = exchange.requestGapStart, let request = exchange.request, let acknowledged = message.stamp.acknowledged {
      if acknowledged <= request.offset, acknowledged > start { return nil }
      isProven = true
    }
    return (exchange, index, isProven)
  }

  /// Exchange of a response that begins; a new one if its request is not known.
  func pair(_ direction: Direction, _ message: Message) -> Exchange {
    guard let (exchange, index, isProven) = answerable(direction, message) else {
      let orphan = Exchange(number: numbers.next(), from: client, enclosure: enclosure)
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

  /// Reports an exchange whose response is missing.
  private func giveUpAnswer(_ exchange: Exchange) {
    exchange.isUnanswered = true
    report(exchange)
  }

  private func compactOpen() {
    guard answered * 2 > open.count else { return }
    open.removeFirst(answered)
    answered = 0
  }

  /// Gives up the oldest waiting request if more requests wait than the limit allows.
  func limitOpen() {
    guard open.count - answered > context.options.maxOpenRequests else { return }
    context.requestsGivenUp &+= 1
    giveUpAnswer(open[answered])
    answered += 1
    compactOpen()
  }

  // MARK: reporting

  /// Adds an exchange to those to be reported.
  func track(_ exchange: Exchange) { pending.append(exchange) }

  /// Reports an exchange if its messages have ended.
  func report(_ exchange: Exchange) {
    guard !exchange.isReported, exchange.request?.isOver ?? true, exchange.response?.isOver ?? exchange.isUnanswered else { return }
    deliver(exchange)
  }

  private func deliver(_ exchange: Exchange) {
    exchange.isReported = true
    context.openHeads -= exchange.headBytes
    context.perform { [receiver] in
      for side in MessageSide.allCases {
        guard let message = exchange[side], let body = message.body else { continue }
        body.contentNotes.forEach(message.note)
      }
      receiver.completed(exchange)
    }
    for side in MessageSide.allCases { exchange[side]?.reader = nil }
    while reported < pending.count, pending[reported].isReported { reported += 1 }
    if reported * 2 > pending.count {
      pending.removeFirst(reported)
      reported = 0
    }
  }

  /// Reports the remaining exchanges, in order, at the end of the connection.
  func finish() {
    guard isHTTP else { return }
    http2?.finish()
    for direction in directions { direction.webSocket?.finish(.end) }
    if let exchange = directions[0].webSocket?.exchange { context.perform { [receiver] in receiver.webSocketEnded(exchange) } }
    for exchange in pending[reported...] where !exchange.isReported { deliver(exchange) }
    for direction in directions { direction.disputes.forEach(countUnlisted) }
    pending = []
    reported = 0
    open = []
    answered = 0
  }
}
