// Stable hashes: the same on every machine and in every version, so they may be stored and sharded by.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace mainstay {

// Kafka's murmur2 (Java's default partitioner), as the signed 32-bit value Java computes.
[[nodiscard]] std::int32_t Murmur2(std::string_view bytes);
// The partition Java's default partitioner gives a record keyed by `key`. REQUIRES: partitions > 0.
[[nodiscard]] std::int32_t PartitionOf(std::string_view key, std::int32_t partitions);

struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const Hash128&, const Hash128&) = default;
  [[nodiscard]] std::string Hex() const;             // 32 lower-case digits
  [[nodiscard]] std::array<char, 16> Bytes() const;  // big-endian
  // What Bytes gave. REQUIRES: at least 16 bytes.
  [[nodiscard]] static Hash128 FromBytes(std::string_view bytes);
};

// XXH3, 128 bits, of the parts with their lengths, so ("a","bc") differs from ("ab","c").
[[nodiscard]] Hash128 HashParts(std::initializer_list<std::string_view> parts);

}  // namespace mainstay
