import Capture
import Packets
import Paths

/// Error that the decoder does not know the link type of a capture, so that nothing in it can be decoded.
struct UnknownLinkType: Error, CustomStringConvertible {
  var linkType: LinkType
  var path: FilePath

  /// Returns the reason why nothing in a capture can be decoded, based on the interfaces at its start; nil if some packets can.
  static func refusal(of input: InputSummary) -> String? {
    var refusal: String?
    for linkType in input.linkTypes {
      do throws(UnknownLinkType) { try check(linkType, path: input.path) } catch {
        refusal = refusal ?? error.description
        continue
      }
      return nil
    }
    return refusal
  }

  /// Checks with a packet of no length whether the decoder knows a link type.
  static func check(_ linkType: LinkType, path: FilePath) throws(UnknownLinkType) {
    do throws(DecodeError) {
      _ = try TCPSegment(decoding: Span(), linkType: linkType, originalLength: 0)
    } catch .unknownLinkType {
      throw UnknownLinkType(linkType: linkType, path: path)
    } catch {
      // An empty packet holds no segment. Since the error is another one, the link type is known.
    }
  }

  var description: String {
    "\(path): link type \(linkType.rawValue), \(linkType.libpcapName ?? "unknown to libpcap too"), is not one that reasm decodes; "
      + "capture on an Ethernet, cooked or raw IP interface"
  }
}
