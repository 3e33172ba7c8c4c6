#include "kept_touches.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace mainstay::cadence {
namespace {

using wire::WireBytes;
using Sources = std::vector<std::string_view>;

KeptTouch Kept(std::string_view source, std::string_view id, std::int64_t ms, bool caused_episode) {
  return {{std::string(source), EventId{std::string(id)}}, FromMs(ms), caused_episode};
}

Sources SourcesOf(const std::vector<KeptTouch>& touches) {
  Sources sources;
  for (const KeptTouch& touch : touches) {
    const std::string_view source = touch.event.source;
    if (std::find(sources.begin(), sources.end(), source) == sources.end()) sources.push_back(source);
  }
  return sources;
}

void Pack(const std::vector<KeptTouch>& touches, const Sources& sources, std::string& to) {
  std::int64_t newer_ms = 0;
  for (const KeptTouch& touch : touches) {
    const auto source = std::find(sources.begin(), sources.end(), touch.event.source) - sources.begin();
    const std::int64_t ms = ToMs(touch.at);
    const std::string& id = touch.event.id.raw();
    std::array<char, 3 * wire::kMostVarintBytes> head;
    char* end = wire::PutVarint(static_cast<std::uint64_t>(source), head.data());
    end = wire::PutVarint(wire::ZigZag(newer_ms - ms), end);
    end = wire::PutVarint(id.size() * 2 + (touch.caused_episode ? 1 : 0), end);
    to.append(head.data(), end).append(id);
    newer_ms = ms;
  }
}

bool Unpack(WireBytes packed, const Sources& sources, std::vector<KeptTouch>& to) {
  to.reserve(kKeptTouches);
  for (std::int64_t ms = 0; !packed.done();) {
    std::uint64_t source = 0;
    std::int64_t before = 0;
    std::uint64_t size_and_flag = 0;
    std::string_view id;
    const bool whole = packed.TakeVarint(&source) && packed.TakeZigZag(&before) && packed.TakeVarint(&size_and_flag) &&
                       packed.TakeBytes(size_and_flag / 2, &id);
    if (!whole || source >= sources.size()) return false;
    ms -= before;
    to.push_back(Kept(sources[source], id, ms, size_and_flag % 2 == 1));
  }
  return true;
}

bool UnpackMinutes(WireBytes packed, std::vector<KeptTouch>& to) {
  for (KeptTouch& touch : to) {
    std::uint64_t minutes = 0;
    if (packed.done()) break;
    if (!packed.TakeVarint(&minutes)) return false;
    touch.minutes = static_cast<std::int32_t>(minutes);
  }
  return packed.done();
}

// Each touch has a source and a time by its place in the lists, and an id, which are read already.
bool UnpackSources(WireBytes packed, const Sources& sources, std::vector<KeptTouch>& to) {
  for (KeptTouch& touch : to) {
    std::uint64_t source = 0;
    if (!packed.TakeVarint(&source) || source >= sources.size()) return false;
    touch.event.source = sources[source];
  }
  return packed.done();
}

bool UnpackTimes(WireBytes packed, std::vector<KeptTouch>& to) {
  std::int64_t newer_ms = 0;
  for (KeptTouch& touch : to) {
    std::int64_t ms = 0;
    if (!packed.TakeZigZag(&ms)) return false;
    newer_ms = &touch == &to.front() ? ms : newer_ms - ms;
    touch.at = FromMs(newer_ms);
  }
  return packed.done();
}

bool UnpackCauses(WireBytes packed, std::vector<KeptTouch>& to) {
  while (!packed.done()) {
    std::uint64_t place = 0;
    if (!packed.TakeVarint(&place) || place >= to.size()) return false;
    to[place].caused_episode = true;
  }
  return true;
}

void ReadLists(wire::FieldReader& wire, const Sources& sources, std::vector<KeptTouch>& to) {
  WireBytes places({});
  wire.Packed(2, [&](WireBytes packed) {
    places = packed;
    return true;
  });
  Sources ids;
  wire.Texts(3, ids);
  for (const std::string_view id : ids) to.push_back(Kept({}, id, 0, false));
  wire.Packed(4, [&](WireBytes packed) { return UnpackSources(places, sources, to) && UnpackTimes(packed, to); });
  wire.Packed(5, [&](WireBytes packed) { return UnpackCauses(packed, to); });
}

}  // namespace

void TouchesFields::operator()(wire::FieldWriter& wire, const std::vector<KeptTouch>& touches) const {
  const Sources sources = SourcesOf(touches);
  wire.Texts(1, sources);
  wire.Packed(6, [&](std::string& to) { Pack(touches, sources, to); });
  const auto timed = [](const KeptTouch& touch) { return touch.minutes > 0; };
  if (std::none_of(touches.begin(), touches.end(), timed)) return;
  wire.Packed(7, [&](std::string& to) {
    for (const KeptTouch& touch : touches) wire::AppendVarint(static_cast<std::uint64_t>(touch.minutes), to);
  });
}

void TouchesFields::operator()(wire::FieldReader& wire, std::vector<KeptTouch>& touches) const {
  Sources sources;
  wire.Texts(1, sources);
  ReadLists(wire, sources, touches);
  wire.Packed(6, [&](WireBytes packed) { return Unpack(packed, sources, touches); });
  wire.Packed(7, [&](WireBytes packed) { return UnpackMinutes(packed, touches); });
}

}  // namespace mainstay::cadence
