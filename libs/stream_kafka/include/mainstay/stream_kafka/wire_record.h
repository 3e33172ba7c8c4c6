// A record as it is on a Kafka topic, and what turns it into the bytes that services see.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mainstay::stream_kafka {

struct Header {
  std::string name;
  std::string value;
  friend bool operator==(const Header&, const Header&) = default;
};

struct WireRecord {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  std::string key;
  std::optional<std::string> value;  // nullopt: a null value, which erases on a compacted topic.
  std::vector<Header> headers;
};

// How the records of some topics look on the wire: public topics are CloudEvents in binary mode, inside they are
// envelopes. Topics it does not apply to keep their bytes and have no headers.
//
// Thread-safe; one object serves all shards.
class RecordFormat {
 public:
  virtual ~RecordFormat() = default;
  // Asked once per topic.
  [[nodiscard]] virtual bool AppliesTo(std::string_view topic) const = 0;
  // `wire` comes with partition, timestamp, key and value as the service emitted them; sets value and headers (and the
  // key where it differs).
  virtual void ToWire(std::string_view topic, WireRecord& wire) const = 0;
  // The value a service reads. What cannot be understood is passed on as it is: decoding it is the service's business,
  // and what fails there becomes a dead letter.
  [[nodiscard]] virtual std::string FromWire(std::string_view topic, WireRecord wire) const = 0;
};

// A dead letter (stream::EncodeDeadLetter) on the wire: the original key and bytes, the reason in headers with the
// names of KIP-1034 (`__streams.errors.topic` ...) and `mainstay.error.*`. Other bytes are left as they are.
void DeadLetterToWire(WireRecord& wire);
// The reverse: stream::EncodeDeadLetter bytes. Records without these headers become a dead letter with code "foreign".
[[nodiscard]] std::string DeadLetterFromWire(const WireRecord& wire);

}  // namespace mainstay::stream_kafka
