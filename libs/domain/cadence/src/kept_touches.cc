#include "mainstay/cadence/kept_touches.h"

#include <algorithm>
#include <utility>

namespace mainstay::cadence {
namespace {
constexpr std::size_t kMostGaps = 1024;  // Bytes.
}

KeptTouches::Text KeptTouches::Write(std::string_view text) {
  const Text written{static_cast<std::uint32_t>(texts_.size()), static_cast<std::uint32_t>(text.size())};
  texts_.append(text);
  return written;
}

KeptTouches::Text KeptTouches::SourceOf(std::string_view source) {
  const auto same = [&](const Place& place) { return Read(place.source) == source; };
  const auto known = std::find_if(places_.begin(), places_.end(), same);
  return known == places_.end() ? Write(source) : known->source;
}

void KeptTouches::Insert(std::size_t place, const View& touch) {
  if (gaps_ > kMostGaps) DropGaps();
  const Text source = SourceOf(touch.source);
  const Text id = Write(touch.id);
  places_.insert(places_.begin() + static_cast<std::ptrdiff_t>(place),
                 {touch.at, source, id, touch.minutes, touch.caused_episode});
}

void KeptTouches::Insert(std::size_t place, const KeptTouch& touch) {
  Insert(place, {touch.event.source, touch.event.id.raw(), touch.at, touch.caused_episode, touch.minutes});
}

void KeptTouches::Remove(std::size_t place) {
  gaps_ += places_[place].source.size + places_[place].id.size;  // Too much, if others name the source.
  places_.erase(places_.begin() + static_cast<std::ptrdiff_t>(place));
}

void KeptTouches::Remove(const EventRef& event) {
  for (std::size_t i = size(); i-- > 0;) {
    if ((*this)[i].Is(event)) Remove(i);
  }
}

void KeptTouches::DropGaps() {
  KeptTouches tidy;
  for (const View touch : *this) tidy.Append(touch);
  *this = std::move(tidy);
}

bool operator==(const KeptTouches& a, const KeptTouches& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

}  // namespace mainstay::cadence
