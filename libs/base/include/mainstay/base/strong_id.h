// Identifiers that never convert into each other, nor back to the raw value by accident.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <utility>

namespace mainstay {

template <class Tag, class Raw>
class StrongId {
 public:
  StrongId() = default;
  explicit constexpr StrongId(Raw raw) : raw_(std::move(raw)) {}
  [[nodiscard]] constexpr const Raw& raw() const { return raw_; }
  friend auto operator<=>(const StrongId&, const StrongId&) = default;

 private:
  Raw raw_{};
};

}  // namespace mainstay

template <class Tag, class Raw>
struct std::hash<mainstay::StrongId<Tag, Raw>> {
  std::size_t operator()(const mainstay::StrongId<Tag, Raw>& id) const { return std::hash<Raw>{}(id.raw()); }
};
