import type { Replica } from '../consensus/replica.ts';
import type {
  DirectoryId,
  Entry,
  MemberChange,
  Message,
  NodeId,
  Position,
} from '../consensus/types.ts';
import type { LeasesState } from '../machines/leases/lease-table.ts';
import { DiskAge } from './disk-age.ts';
import type { Witness } from './oracle.ts';
import { mix, Random } from './random.ts';
import { ServerDoor } from './server-door.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { type DiskContent, SimulatedDisk } from './simulated-disk.ts';
import { type ProcessOwner, SimulatedProcess } from './simulated-process.ts';
import type { Surroundings } from './surroundings.ts';

/** One server: the real host on a simulated clock, disk and network. */
export class SimulatedServer implements Witness, ProcessOwner {
  readonly id: NodeId;
  life = 0;
  stepCount = 0;
  readonly #around: Surroundings;
  readonly #random: Random;
  readonly #clock: SimulatedClock;
  readonly #disk: SimulatedDisk;
  #listed: readonly NodeId[];
  #process: SimulatedProcess | undefined;
  #hasLeft = false;
  /** From then on its newer version is started. */
  readonly #upgradedAtMs: number;
  readonly diskAge: DiskAge;
  /** Of the digits of its boots. */
  readonly #draws: Random;
  /** Where clients ask. */
  readonly door: ServerDoor;

  constructor(place: number, listed: readonly NodeId[], around: Surroundings) {
    const { seed, clockDrift } = around.options;
    this.id = `n${place}` as NodeId;
    this.#around = around;
    this.#listed = listed;
    this.diskAge = new DiskAge(this.id, around);
    this.#draws = new Random(mix(seed, 22, place));
    this.#upgradedAtMs = around.options.upgradesAtMs[place] ?? Number.POSITIVE_INFINITY;
    this.#random = new Random(mix(seed, 4, place));
    this.#clock = new SimulatedClock(clockDrift, this.#random, new Random(mix(seed, 16, place)));
    this.door = new ServerDoor(this, around, {
      long: this.#random,
      unseen: new Random(mix(seed, 31, place)),
    });
    const name = `${around.clan}${this.id}`;
    this.#disk = new SimulatedDisk(this.id, around.options.disk, this.#random, name);
  }

  get replica(): Replica | undefined {
    return this.#process?.replica;
  }

  get isLeader(): boolean {
    return this.#process?.replica.role === 'leader';
  }

  /** How many leases will end, now that nobody keeps them alive. */
  get leaseCount(): number {
    const { leases } = this.#process?.host.applyLoop.state.states ?? {};
    return (leases as LeasesState | undefined)?.granted.size ?? 0;
  }

  /** The commands that it may use, as far as it has applied the log. */
  get level(): number {
    return this.#process?.host.applyLoop.state.level ?? 0;
  }

  /** The version that starts next understands these commands; it is never put back. */
  get commandLevel(): number {
    return this.#around.now() < this.#upgradedAtMs ? 1 : 2;
  }

  get lifeName(): string {
    return `${this.id}, life ${this.life}`;
  }

  /** Its present life, for those who stand at its door. */
  get process(): SimulatedProcess | undefined {
    return this.#process;
  }

  get isPaused(): boolean {
    return this.#process?.isPaused === true;
  }

  get appliedIndex(): number {
    return this.#process?.host.applyLoop.state.appliedIndex ?? 0;
  }

  get isWiped(): boolean {
    // One that founds the cluster anew with its new disk is a member like the others.
    return this.#disk.wipeCount > 0 && !this.hasJoined;
  }

  /** It has lost a part of its log, and does not hold again what was confirmed since. */
  get isRecovering(): boolean {
    return this.#disk.isRecovering || this.diskAge.isOlder;
  }

  /** It cannot stand in for another one that is lost. */
  get isImpaired(): boolean {
    return this.isWiped || this.isRecovering;
  }

  get directoryId(): DirectoryId {
    return this.#disk.directoryId;
  }

  /** It has said that it was removed, or that its directory was given up, and has stopped. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  get hasJoined(): boolean {
    return this.#disk.config !== undefined;
  }

  /** What others may get from it. */
  get served(): DiskContent | undefined {
    return this.#process === undefined ? undefined : this.#disk;
  }

  get durableVote(): { term: number; vote: NodeId | undefined } {
    return this.#disk;
  }

  holdsDurably(position: Position): boolean {
    return this.#disk.holdsDurably(this.#process?.store.durable ?? this.#disk.log, position);
  }

  entryAt(index: number): Entry | undefined {
    return this.#process?.store.entryAt(index);
  }

  start(): void {
    if (this.#process !== undefined || this.diskAge.isRefused) return;
    this.#hasLeft = false;
    if (this.#around.options.faultKinds.includes('olderDisk')) this.#disk.copy();
    this.diskAge.started();
    this.life += 1;
    this.#disk.beginIncarnation(this.#draws.next());
    this.#process = new SimulatedProcess({
      id: this.id,
      life: this.life,
      disk: this.#disk,
      clock: this.#clock,
      random: this.#random,
      around: this.#around,
      listed: this.#listed,
      owner: this,
      commandLevel: this.commandLevel,
    });
    this.#around.trace?.(`${this.id} starts (boot ${this.#disk.incarnation})`);
    this.#process.start();
  }

  /** The process ends. After a power loss only a part of the unfinished writes is on the disk. */
  crash(hasPower: boolean): void {
    const process = this.#process;
    if (process === undefined) return;
    const { pendingCount } = process.store;
    const surviving = hasPower ? pendingCount : this.#random.below(pendingCount + 1);
    if (surviving < pendingCount) this.#around.marks.note('unsynced writes lost');
    process.end(surviving);
    this.#clock.wakeUp(this.#around.now());
    if (!hasPower) this.#clock.reboot();
    this.#process = undefined;
    this.#around.trace?.(`${this.id} crashes${hasPower ? '' : ' (power loss)'}`);
  }

  /** The next turn that wants something done is interrupted somewhere in its effects. */
  crashSoon(chance: number | undefined): void {
    this.#process?.crashSoon(chance);
  }

  /** Its newer version is started in its place. */
  upgrade(): void {
    if (this.#process === undefined) return;
    this.crash(true);
    const { queue, now, options } = this.#around;
    queue.push(now() + 0.1 * options.timings.electionTimeoutMs, () => this.start());
  }

  /** The data directory is replaced by an empty one, and perhaps the configuration file. */
  wipe(listed = this.#listed): void {
    this.#listed = listed;
    this.crash(true);
    this.#disk.wipe();
    this.diskAge.wiped();
    this.#around.trace?.(`${this.id} is wiped`);
  }

  hasCopy(boots: number): boolean {
    return this.#disk.hasCopy(boots);
  }

  /** Has it heard of the newest boot of the other one? */
  knowsBootOf({ id, directoryId, replica }: SimulatedServer): boolean {
    const fact = this.replica?.facts.get(id)?.fact;
    const isSame = fact?.directoryId === directoryId;
    return isSame && fact.incarnation === replica?.identity.incarnation;
  }

  /** The process ends, and the directory is put back as it was before one of the last boots. */
  putBack(boots: number): void {
    this.crash(true);
    this.#disk.putBack(boots);
    this.diskAge.putBack();
    this.#around.trace?.(`${this.id} has an older disk, of boot ${this.#disk.incarnation}`);
  }

  /** The process ends, and the end of its log, or all of it, is gone from the disk. */
  loseLog(chance: number): void {
    this.crash(true);
    this.#disk.loseLog(chance);
    this.#around.trace?.(`${this.id} has lost a part of its log`);
  }

  /** The process ends, and its snapshot cannot be read any more. */
  loseSnapshot(): void {
    this.crash(true);
    if (this.#disk.loseSnapshot()) this.#around.marks.note('a snapshot was lost');
  }

  /** The process ends, and its metadata, with the vote, cannot be read any more. */
  loseMetadata(): void {
    this.crash(true);
    this.diskAge.refused();
  }

  slowDown(factor: number): void {
    this.#disk.slowness = factor;
  }

  pause(): void {
    if (this.#process !== undefined) this.#process.isPaused = true;
  }

  resume(): void {
    this.#clock.wakeUp(this.#around.now());
    this.#process?.resume();
  }

  /** The machine sleeps: its process is paused, and its monotonic clock stands still. */
  fallAsleep(): void {
    if (this.#process === undefined || this.isPaused) return;
    this.pause();
    this.#clock.fallAsleep(this.#around.now());
  }

  setWallClock(): void {
    this.#clock.set();
  }

  receive(message: Message): void {
    this.#live(({ host }) => host.host.dispatch({ type: 'message', message }));
  }

  connected(peer: NodeId): void {
    this.#live(({ host }) => host.host.dispatch({ type: 'connected', peer }));
  }

  changeMembers(changes: readonly MemberChange[]): void {
    this.#live(({ host }) => host.requests.changeMembers(changes, () => undefined));
  }

  transferLeadership(): void {
    this.#live(({ host }) => host.requests.transferLeadership(undefined, () => undefined));
  }

  turning(): void {
    this.stepCount += 1;
  }

  turned(wasInterrupted: boolean): void {
    if (wasInterrupted) {
      this.#around.marks.note('crashed between effects');
      this.crash(false);
      const { queue, now, options } = this.#around;
      queue.push(now() + options.timings.electionTimeoutMs, () => this.start());
    } else this.#around.oracle.stepped(this);
    if (this.#hasLeft || this.diskAge.isFound) this.crash(true);
  }

  appended(entries: readonly Entry[]): void {
    const { replica } = this;
    if (replica !== undefined) this.#around.oracle.appended(this, replica, entries);
  }

  said({ envelope }: Message): void {
    const [own] = envelope.facts;
    if (own !== undefined) this.#around.oracle.said(this, own.fact);
  }

  removed(): void {
    const { replica } = this;
    this.#hasLeft = true;
    if (replica !== undefined) this.#around.oracle.departed(this, replica);
  }

  halted(reason: string): void {
    this.diskAge.halted(reason);
  }

  #live(run: (process: SimulatedProcess) => void): void {
    const process = this.#process;
    process?.live(() => run(process));
  }
}
