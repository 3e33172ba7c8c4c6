// The newest touches of a client or of one of its contacts: a short list that is read and written with every touch, so
// it is kept in few pieces. Ids and sources lie in one text each.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/vocabulary/ids.h"

namespace mainstay::cadence {

// An event as its source knows it; ids are unique within their source only.
struct EventRef {
  std::string source;
  EventId id;
  friend auto operator<=>(const EventRef&, const EventRef&) = default;
};

struct KeptTouch {
  EventRef event;
  Instant at{};
  bool caused_episode = false;  // An episode was opened in its name; it cannot open another.
  std::int32_t minutes = 0;     // It took; 0: not said.
  friend bool operator==(const KeptTouch&, const KeptTouch&) = default;
};

class KeptTouches {
 public:
  // One of them. Its texts are the list's: valid until that changes.
  struct View {
    std::string_view source;
    std::string_view id;
    Instant at{};
    bool caused_episode = false;
    std::int32_t minutes = 0;

    [[nodiscard]] bool Is(const EventRef& event) const { return id == event.id.raw() && source == event.source; }
    [[nodiscard]] EventRef Event() const { return {std::string(source), EventId{std::string(id)}}; }
    [[nodiscard]] KeptTouch Copy() const { return {Event(), at, caused_episode, minutes}; }
    friend bool operator==(const View&, const View&) = default;
  };

  KeptTouches() = default;
  KeptTouches(std::initializer_list<KeptTouch> touches) {
    for (const KeptTouch& touch : touches) Insert(size(), touch);
  }

  [[nodiscard]] bool empty() const { return places_.empty(); }
  [[nodiscard]] std::size_t size() const { return places_.size(); }
  [[nodiscard]] View operator[](std::size_t i) const {
    const Place& place = places_[i];
    return {Read(place.source), Read(place.id), place.at, place.caused_episode, place.minutes};
  }
  [[nodiscard]] View front() const { return (*this)[0]; }
  [[nodiscard]] View back() const { return (*this)[size() - 1]; }

  class Iterator {
   public:
    Iterator(const KeptTouches& list, std::size_t at) : list_(&list), at_(at) {}
    View operator*() const { return (*list_)[at_]; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const KeptTouches* list_;
    std::size_t at_;
  };
  [[nodiscard]] Iterator begin() const { return {*this, 0}; }
  [[nodiscard]] Iterator end() const { return {*this, size()}; }
  // The place of the first one for which `is`, size() without one.
  template <class Is>
  [[nodiscard]] std::size_t Find(const Is& is) const {
    std::size_t at = 0;
    while (at < size() && !is((*this)[at])) ++at;
    return at;
  }

  void Reserve(std::size_t touches, std::size_t text_bytes) {
    places_.reserve(touches);
    texts_.reserve(text_bytes);
  }
  // Puts it before the one at `place`, at the end if that is size(). REQUIRES: its texts are not this list's.
  void Insert(std::size_t place, const View& touch);
  void Insert(std::size_t place, const KeptTouch& touch);
  void Append(const View& touch) { Insert(size(), touch); }
  void Remove(std::size_t place);
  void Remove(const EventRef& event);
  void SetCausedEpisode(std::size_t place, bool caused = true) { places_[place].caused_episode = caused; }
  void SetMinutes(std::size_t place, std::int32_t minutes) { places_[place].minutes = minutes; }

  friend bool operator==(const KeptTouches& a, const KeptTouches& b);

 private:
  struct Text {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
  };
  struct Place {
    Instant at{};
    Text source;
    Text id;
    std::int32_t minutes = 0;
    bool caused_episode = false;
  };
  [[nodiscard]] std::string_view Read(Text text) const { return {texts_.data() + text.begin, text.size}; }
  [[nodiscard]] Text Write(std::string_view text);
  [[nodiscard]] Text SourceOf(std::string_view source);
  // What nobody names any more.
  void DropGaps();

  std::vector<Place> places_;
  std::string texts_;  // A source once, an id for each.
  std::size_t gaps_ = 0;
};

}  // namespace mainstay::cadence
