// The yardstick of the cadence service: Kafka Streams does the least that a service of this kind does. For each record
// one get and one put in a RocksDB store with its changelog, and one record of 64 bytes out, exactly once, with a commit
// every 100 ms. Nothing is decoded and nothing decided.
//
// Usage: StreamsPeer BROKERS TOPIC OUTPUT PARTITIONS KEYS RECORDS STATE_DIRECTORY. Ends when RECORDS are committed.
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

public final class StreamsPeer {
  private static final String STORE = "clients";
  private static final int OUT_BYTES = 64;
  private static final AtomicLong done = new AtomicLong();
  private static final CountDownLatch finished = new CountDownLatch(1);

  private static final class Count implements Processor<byte[], byte[], byte[], byte[]> {
    private final int keys;
    private final long records;
    private final byte[] out = new byte[OUT_BYTES];
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<Bytes, byte[]> store;

    Count(int keys, long records) {
      this.keys = keys;
      this.records = records;
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
      this.context = context;
      store = context.getStateStore(STORE);
    }

    // Clients take turns, as they do in the traffic of the bench.
    @Override
    public void process(Record<byte[], byte[]> record) {
      long offset = context.recordMetadata().get().offset();
      byte[] key = ByteBuffer.allocate(Long.BYTES).putLong(offset % keys).array();
      byte[] before = store.get(Bytes.wrap(key));
      byte[] value = record.value().clone();
      value[0] = before == null ? 1 : (byte) (before[0] + 1);
      store.put(Bytes.wrap(key), value);
      context.forward(new Record<>(record.key(), out, record.timestamp()));
      if (done.incrementAndGet() == records) finished.countDown();
    }
  }

  public static void main(String[] args) throws Exception {
    int partitions = Integer.parseInt(args[3]);
    int keys = Integer.parseInt(args[4]) / partitions;
    long records = Long.parseLong(args[5]);
    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, args[2]);
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    config.put(StreamsConfig.STATE_DIR_CONFIG, args[6]);
    config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
    config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
    config.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    config.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
    try (Admin admin = Admin.create(config)) {
      admin.createTopics(List.of(new NewTopic(args[2], partitions, (short) 1))).all().get();
    }
    Topology topology = new Topology();
    topology.addSource("in", Serdes.ByteArray().deserializer(), Serdes.ByteArray().deserializer(), args[1]);
    topology.addProcessor("count", () -> new Count(keys, records), "in");
    topology.addStateStore(
        Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(STORE), Serdes.Bytes(), Serdes.ByteArray()),
        "count");
    topology.addSink("out", args[2], Serdes.ByteArray().serializer(), Serdes.ByteArray().serializer(), "count");
    KafkaStreams streams = new KafkaStreams(topology, config);
    streams.start();
    finished.await();
    streams.close(Duration.ofSeconds(30));
  }
}
