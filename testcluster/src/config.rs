//! The configuration of a node: small, fast to start, and durable, because tests kill it.

use std::net::Ipv4Addr;
use std::path::Path;

use crate::Life;

/// How many places on the ring a node has.
const TOKENS: usize = 8;

/// Warnings and the few lines that tell how the start goes, to standard output.
pub(crate) const LOGBACK: &str = r#"<configuration>
  <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%-5level %date{HH:mm:ss,SSS} %logger{0} %msg%n</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="out"/></root>
  <logger name="org.apache.cassandra.service.CassandraDaemon" level="INFO"/>
  <logger name="org.apache.cassandra.gms.Gossiper" level="INFO"/>
</configuration>
"#;

/// The packages that Cassandra reaches into, by module. The list is that of Cassandra's own options for Java 17.
const OPENED: &[(&str, &str)] = &[
    ("java.base", "java.io"),
    ("java.base", "java.lang"),
    ("java.base", "java.lang.module"),
    ("java.base", "java.lang.reflect"),
    ("java.base", "java.lang.ref"),
    ("java.base", "java.math"),
    ("java.base", "java.net"),
    ("java.base", "java.nio"),
    ("java.base", "java.nio.charset"),
    ("java.base", "java.nio.file.spi"),
    ("java.base", "java.util"),
    ("java.base", "java.util.concurrent"),
    ("java.base", "java.util.concurrent.atomic"),
    ("java.base", "java.util.concurrent.locks"),
    ("java.base", "jdk.internal.loader"),
    ("java.base", "jdk.internal.math"),
    ("java.base", "jdk.internal.misc"),
    ("java.base", "jdk.internal.module"),
    ("java.base", "jdk.internal.ref"),
    ("java.base", "jdk.internal.reflect"),
    ("java.base", "jdk.internal.util.jar"),
    ("java.base", "jdk.internal.vm"),
    ("java.base", "sun.nio.ch"),
    ("java.management.rmi", "com.sun.jmx.remote.internal.rmi"),
    ("java.rmi", "sun.rmi.registry"),
    ("java.rmi", "sun.rmi.server"),
    ("java.rmi", "sun.rmi.transport.tcp"),
    ("java.sql", "java.sql"),
    ("jdk.management", "com.sun.management.internal"),
    ("jdk.unsupported", "sun.misc"),
];

/// `cassandra.yaml`. An answered write is on disk; the largest commit that Foldmark makes just fits a commit log
/// segment's half; time-outs are those of a slow machine, because the client has shorter ones of its own.
pub(crate) fn yaml(folder: &Path, address: Ipv4Addr, seed: Ipv4Addr) -> String {
    let folder = folder.display();
    format!(
        "cluster_name: foldmark-test
num_tokens: {TOKENS}
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
endpoint_snitch: SimpleSnitch
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters:
      - seeds: \"{seed}:7000\"
listen_address: {address}
rpc_address: {address}
storage_port: 7000
native_transport_port: 9042
start_native_transport: true
auto_bootstrap: false
authenticator: AllowAllAuthenticator
authorizer: AllowAllAuthorizer
data_file_directories: [{folder}/data]
commitlog_directory: {folder}/commitlog
saved_caches_directory: {folder}/saved_caches
hints_directory: {folder}/hints
cdc_raw_directory: {folder}/cdc
commitlog_sync: batch
commitlog_segment_size: 8MiB
commitlog_total_space: 256MiB
memtable_allocation_type: heap_buffers
memtable_heap_space: 64MiB
memtable_offheap_space: 32MiB
file_cache_size: 32MiB
key_cache_size: 4MiB
row_cache_size: 0MiB
counter_cache_size: 0MiB
concurrent_compactors: 1
paxos_variant: v2
auto_snapshot: false
disk_failure_policy: stop
commit_failure_policy: stop
read_request_timeout: 10s
range_request_timeout: 20s
write_request_timeout: 10s
cas_contention_timeout: 5s
request_timeout: 20s
"
    )
}

/// The arguments of `java`.
pub(crate) fn java_options(folder: &Path, number: usize, jars: &Path, life: Life) -> Vec<String> {
    let folder = folder.display();
    let mut options: Vec<String> = [
        "-Xms512m",
        "-Xmx512m",
        "-Xss512k",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.net.preferIPv4Stack=true",
        "-Djdk.attach.allowAttachSelf=true",
        "-Dcassandra-foreground=yes",
        "-Dcassandra.skip_wait_for_gossip_to_settle=0",
        "-Dcassandra.ring_delay_ms=2000",
        "-Dcassandra.superuser_setup_delay_ms=0",
    ]
    .map(str::to_owned)
    .to_vec();
    let machine: &[&str] = match life {
        // A minute or two of work does not pay for the better compiler.
        Life::Short => &["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"],
        Life::Long => &["-XX:+UseG1GC"],
    };
    options.extend(machine.iter().map(|option| (*option).to_owned()));
    options.push(format!("-javaagent:{}/jamm-0.4.0.jar", jars.display()));
    options.push(format!("-Dcassandra.config=file://{folder}/cassandra.yaml"));
    options.push(format!("-Dcassandra.storagedir={folder}"));
    options.push(format!("-Dcassandra.initial_token={}", tokens(number)));
    options.push(format!("-Dlogback.configurationFile={folder}/logback.xml"));
    for (module, package) in OPENED {
        options.push(format!("--add-exports={module}/{package}=ALL-UNNAMED"));
        options.push(format!("--add-opens={module}/{package}=ALL-UNNAMED"));
    }
    options.push("-cp".to_owned());
    options.push(format!("{}/*", jars.display()));
    options.push("org.apache.cassandra.service.CassandraDaemon".to_owned());
    options
}

/// The node's places on the ring, evenly spread and taken in turns, so that each pair of neighbours is different.
fn tokens(number: usize) -> String {
    let places = (TOKENS * crate::NODES) as i128;
    let width = (1_i128 << 64) / places;
    let mut tokens = Vec::new();
    for turn in 0..TOKENS {
        let place = (turn * crate::NODES + number) as i128;
        tokens.push((i128::from(i64::MIN) + place * width + width / 2).to_string());
    }
    tokens.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_nodes_share_a_token() {
        let mut all = Vec::new();
        for number in 0..crate::NODES {
            all.extend(tokens(number).split(',').map(|token| token.parse::<i64>().unwrap()));
        }
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), TOKENS * crate::NODES);
    }
}
