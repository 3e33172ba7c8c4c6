// A state table whose values have a type: decode, load, decide, put without the bytes in between.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "mainstay/base/result.h"
#include "mainstay/stream/processor.h"

namespace mainstay::stream {

// Codec has `using Value`, `static std::string Encode(const Value&)` and
// `static Result<Value> Decode(std::string_view)`. An undecodable entry is an error (kDataLoss), never absent.
template <class Codec>
class TypedTable {
 public:
  using Value = typename Codec::Value;

  explicit constexpr TypedTable(TableId id) : id_(id) {}

  [[nodiscard]] Result<std::optional<Value>> Load(Context& context, std::string_view key) const {
    MAINSTAY_TRY_ASSIGN(bytes, context.Get(id_, key));
    if (!bytes) return std::optional<Value>{};
    MAINSTAY_TRY_ASSIGN(value, Codec::Decode(*bytes));
    return std::optional<Value>(std::move(value));
  }
  void Put(Context& context, std::string_view key, const Value& value) const {
    context.Put(id_, key, Codec::Encode(value));
  }
  void Erase(Context& context, std::string_view key) const { context.Erase(id_, key); }
  [[nodiscard]] constexpr TableId id() const { return id_; }

 private:
  TableId id_;
};

}  // namespace mainstay::stream
