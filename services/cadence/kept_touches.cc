#include "kept_touches.h"

#include <algorithm>
#include <string_view>

#include "mainstay/cadence/plan.h"

namespace mainstay::cadence {
namespace {

using wire::WireBytes;
using Sources = std::vector<std::string_view>;

// Touches of one source share its text, so most need no comparison.
bool Shares(std::string_view a, std::string_view b) { return a.data() == b.data() && a.size() == b.size(); }

Sources SourcesOf(const KeptTouches& touches) {
  Sources sources;
  for (const KeptTouches::View touch : touches) {
    if (!sources.empty() && Shares(sources.back(), touch.source)) continue;
    if (std::find(sources.begin(), sources.end(), touch.source) == sources.end()) sources.push_back(touch.source);
  }
  return sources;
}

void Pack(const KeptTouches& touches, const Sources& sources, wire::ByteWriter& to) {
  std::int64_t newer_ms = 0;
  auto found = sources.begin();
  for (const KeptTouches::View touch : touches) {
    if (!Shares(*found, touch.source)) found = std::find(sources.begin(), sources.end(), touch.source);
    const auto source = found - sources.begin();
    const std::int64_t ms = ToMs(touch.at);
    to.Varint(static_cast<std::uint64_t>(source));
    to.ZigZag(newer_ms - ms);
    to.Varint(touch.id.size() * 2 + (touch.caused_episode ? 1 : 0));
    to.Bytes(touch.id);
    newer_ms = ms;
  }
}

bool Unpack(WireBytes packed, const Sources& sources, KeptTouches& to) {
  to.Reserve(kKeptTouches, packed.rest().size());
  for (std::int64_t ms = 0; !packed.done();) {
    std::uint64_t source = 0;
    std::int64_t before = 0;
    std::uint64_t size_and_flag = 0;
    std::string_view id;
    const bool whole = packed.TakeVarint(&source) && packed.TakeZigZag(&before) && packed.TakeVarint(&size_and_flag) &&
                       packed.TakeBytes(size_and_flag / 2, &id);
    if (!whole || source >= sources.size()) return false;
    ms -= before;
    to.Append({sources[source], id, FromMs(ms), size_and_flag % 2 == 1, 0});
  }
  return true;
}

bool UnpackMinutes(WireBytes packed, KeptTouches& to) {
  for (std::size_t i = 0; i < to.size() && !packed.done(); ++i) {
    std::uint64_t minutes = 0;
    if (!packed.TakeVarint(&minutes)) return false;
    to.SetMinutes(i, static_cast<std::int32_t>(minutes));
  }
  return packed.done();
}

// Each touch has a source and a time by its place in the lists, and an id.
bool UnpackLists(WireBytes places, WireBytes times, const Sources& ids, const Sources& sources, KeptTouches& to) {
  std::int64_t ms = 0;
  for (const std::string_view id : ids) {
    std::uint64_t source = 0;
    std::int64_t step = 0;
    if (!places.TakeVarint(&source) || source >= sources.size() || !times.TakeZigZag(&step)) return false;
    ms = to.empty() ? step : ms - step;
    to.Append({sources[source], id, FromMs(ms), false, 0});
  }
  return places.done() && times.done();
}

bool UnpackCauses(WireBytes packed, KeptTouches& to) {
  while (!packed.done()) {
    std::uint64_t place = 0;
    if (!packed.TakeVarint(&place) || place >= to.size()) return false;
    to.SetCausedEpisode(place);
  }
  return true;
}

void ReadLists(wire::FieldReader& wire, const Sources& sources, KeptTouches& to) {
  WireBytes places({});
  wire.Packed(2, [&](WireBytes packed) {
    places = packed;
    return true;
  });
  Sources ids;
  wire.Texts(3, ids);
  wire.Packed(4, [&](WireBytes times) { return UnpackLists(places, times, ids, sources, to); });
  wire.Packed(5, [&](WireBytes causes) { return UnpackCauses(causes, to); });
}

}  // namespace

void TouchesFields::operator()(wire::FieldWriter& wire, const KeptTouches& touches) const {
  const Sources sources = SourcesOf(touches);
  wire.Texts(1, sources);
  wire.Packed(6, [&](wire::ByteWriter& to) { Pack(touches, sources, to); });
  if (touches.Find([](const KeptTouches::View& touch) { return touch.minutes > 0; }) == touches.size()) return;
  wire.Packed(7, [&](wire::ByteWriter& to) {
    for (const KeptTouches::View touch : touches) to.Varint(static_cast<std::uint64_t>(touch.minutes));
  });
}

void TouchesFields::operator()(wire::FieldReader& wire, KeptTouches& touches) const {
  Sources sources;
  wire.Texts(1, sources);
  ReadLists(wire, sources, touches);
  wire.Packed(6, [&](WireBytes packed) { return Unpack(packed, sources, touches); });
  wire.Packed(7, [&](WireBytes packed) { return UnpackMinutes(packed, touches); });
}

}  // namespace mainstay::cadence
