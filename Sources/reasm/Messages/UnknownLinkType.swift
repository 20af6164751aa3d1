import Capture
import Packets
import Paths

/// A capture whose packets begin with a header that the decoder does not know: nothing in it can be read.
struct UnknownLinkType: Error, CustomStringConvertible {
  var linkType: LinkType
  var path: FilePath

  /// Why nothing in a capture can be read, by the interfaces that it describes at its start; nil where something can.
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

  /// Asks the decoder, with a packet of no length, whether it knows the link type.
  static func check(_ linkType: LinkType, path: FilePath) throws(UnknownLinkType) {
    do throws(DecodeError) {
      _ = try TCPSegment(decoding: Span(), linkType: linkType, originalLength: 0)
    } catch .unknownLinkType {
      throw UnknownLinkType(linkType: linkType, path: path)
    } catch {
      // No bytes, no segment: the link type is known, and that is all that was asked.
    }
  }

  var description: String {
    "\(path): link type \(linkType.rawValue), \(linkType.libpcapName ?? "unknown to libpcap too"), is not one that reasm decodes; "
      + "capture on an Ethernet, cooked or raw IP interface"
  }
}
