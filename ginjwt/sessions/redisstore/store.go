package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/ginjwt/gin-depends/ginjwt/sessions"
)

// Config says how a Store uses Redis. Its zero value is good.
type Config struct {
	// Prefix is what the names of all keys begin with. By default, it is
	// "ginjwt:". It must not have braces, which mean something to a Redis Cluster.
	Prefix string
	// Timeout is for how long a call waits for Redis at most, however long its
	// context would. By default, it is one second.
	Timeout time.Duration
	// LocalTTL is for how long an answer of Revoked is used again without Redis:
	// how late a revocation can be if the network drops packets without a word.
	// By default, it is two seconds, which is also the most.
	LocalTTL time.Duration
	// InsecureAllowEviction accepts a Redis that may drop keys when its memory is
	// full: revoked tokens are then accepted again, without an error. It is also
	// for a Redis that does not tell its maxmemory-policy, if you know that.
	InsecureAllowEviction bool
}

const (
	defaultPrefix  = "ginjwt:"
	defaultTimeout = time.Second
	maxLocalTTL    = 2 * time.Second

	// A connection can have 1<<ringScale commands outstanding.
	ringScale = 12

	// rueidis' own cache serves only to ask once for calls at the same time; what is
	// remembered for longer is in local.
	askedTogether = time.Millisecond
	cacheBytes    = 1 << 20
)

// A Store is a sessions.Store in Redis. It is safe for concurrent use.
type Store struct {
	cfg      Config
	client   rueidis.Client
	local    *local // nil if rueidis' DisableCache is set
	places   chan struct{}
	vouching sync.Mutex
	verdict  atomic.Pointer[verdict]
}

var _ sessions.Store = (*Store)(nil)

// Open connects to Redis. It returns an error if there is none, if it could
// forget revocations (see [Config.InsecureAllowEviction]), or if it is a replica;
// and, before it asks, one that names everything that is wrong with option and cfg.
//
// The client is the Store's own: some options of rueidis decide whether what the
// Store promises is true. It refuses those that lead to replicas, or by which it
// would hear late of revocations; where they are not set, it has timeouts and
// sizes that fit. While it runs it looks at the servers again, every LocalTTL at
// most, for another can have taken over.
func Open(option rueidis.ClientOption, cfg Config) (*Store, error) {
	cfg.defaults()
	if err := errors.Join(cfg.check(), checkOption(option)); err != nil {
		return nil, err
	}
	s := &Store{cfg: cfg, places: make(chan struct{}, places)}
	s.complete(&option)
	client, err := rueidis.NewClient(option)
	if err != nil {
		if client != nil {
			client.Close()
		}
		return nil, fmt.Errorf("redisstore: %w", err)
	}
	s.client = client
	s.verdict.Store(&verdict{at: time.Now()})
	if err := s.checkServers(context.Background()); err != nil {
		client.Close()
		return nil, err
	}
	return s, nil
}

// Close closes the connections. Calls after it fail.
func (s *Store) Close() { s.client.Close() }

func (cfg *Config) defaults() {
	if cfg.Prefix == "" {
		cfg.Prefix = defaultPrefix
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.LocalTTL == 0 {
		cfg.LocalTTL = maxLocalTTL
	}
}

func (cfg *Config) check() error {
	var faults []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf("redisstore: Config: "+format, args...))
		}
	}
	fault(strings.ContainsAny(cfg.Prefix, "{}"), "Prefix %q has a brace: a Redis Cluster would no longer keep a subject's keys together", cfg.Prefix)
	fault(cfg.Timeout < 0, "Timeout is negative: %v", cfg.Timeout)
	fault(cfg.LocalTTL < 10*time.Millisecond || cfg.LocalTTL > maxLocalTTL, "LocalTTL is %v: it must be from 10ms to %v", cfg.LocalTTL, maxLocalTTL)
	return errors.Join(faults...)
}

// checkOption refuses what would break a promise without a word.
func checkOption(o rueidis.ClientOption) error {
	var faults []error
	if o.ReplicaOnly || o.SendToReplicas != nil || len(o.Standalone.ReplicaAddress) > 0 {
		faults = append(faults, errors.New("redisstore: ReplicaOnly, SendToReplicas and Standalone.ReplicaAddress must not be set: a replica may not know of a revocation yet"))
	}
	if !o.DisableCache && (o.PipelineMultiplex > 0 || o.DisableAutoPipelining || o.NewCacheStoreFn != nil) {
		faults = append(faults, errors.New("redisstore: PipelineMultiplex, DisableAutoPipelining and NewCacheStoreFn must not be set: answers from memory could be too old"))
	}
	if len(o.ClientTrackingOptions) > 0 {
		faults = append(faults, errors.New("redisstore: ClientTrackingOptions must not be set: the Store would not hear of each revocation"))
	}
	return errors.Join(faults...)
}

// complete fills in the options that are not set, and AlwaysPipelining.
func (s *Store) complete(o *rueidis.ClientOption) {
	if !o.DisableCache {
		s.local = newLocal(s.cfg)
		theirs := o.OnInvalidations
		o.OnInvalidations = func(keys []rueidis.RedisMessage) {
			s.local.changed(keys)
			if theirs != nil {
				theirs(keys)
			}
		}
	}
	if o.Dialer.Timeout == 0 {
		o.Dialer.Timeout = s.cfg.Timeout
	}
	if o.Sentinel.Dialer.Timeout == 0 {
		o.Sentinel.Dialer.Timeout = o.Dialer.Timeout
	}
	if o.Sentinel.Dialer.KeepAlive == 0 {
		o.Sentinel.Dialer.KeepAlive = rueidis.DefaultTCPKeepAlive // or rueidis sends no PING, and waits for a silent sentinel
	}
	if o.ConnWriteTimeout == 0 {
		o.ConnWriteTimeout = max(s.cfg.Timeout, time.Second) // a dead connection is left behind after as long again
	}
	if o.RingScaleEachConn == 0 {
		o.RingScaleEachConn = ringScale
	}
	if o.CacheSizeEachConn == 0 {
		o.CacheSizeEachConn = cacheBytes
	}
	if o.PipelineMultiplex == 0 {
		o.PipelineMultiplex = -1 // one connection, so that settle works
	}
	if o.ClientSetInfo == nil {
		o.ClientSetInfo = rueidis.DisableClientSetInfo // one command less that a user of Redis must be allowed
	}
	if o.Sentinel.MasterSet != "" && o.Sentinel.TopologyRefreshInterval == 0 {
		o.Sentinel.TopologyRefreshInterval = 5 * time.Second // or one message that is missed binds it to an old primary
	}
	o.AlwaysPipelining = true // so that the time that a call has ends it, and not the connection
}
