import { readFileSync, existsSync } from 'node:fs';
import { diffObjects } from '../../../src/engine/diff/diff.ts';
export function show(units: string[]) {
  const o='/root/build/corpus-work/objs/';
  for(const u of units){ if(!existsSync(o+'post/'+u)) continue;
    const a=new Uint8Array(readFileSync(o+'pre/'+u)), b=new Uint8Array(readFileSync(o+'post/'+u));
    for(const [dir,p,q] of [['fwd',a,b],['rev',b,a]] as const){
    const r=diffObjects(p,q,{objectPath:u}); if(!r.ok){console.log('##',u,dir,r);continue;} const c=r.value;
    console.log('##',u,dir,c.verdict,'| lineOnly',c.lineOnly.join(','),'| ignored',c.ignored.map(i=>`${i.name}(${i.section}: ${i.note})`).join('; '));
    for(const f of c.functions) console.log('   ',f.status,f.name,f.pieces.map(p=>p.symbol).join('+'),'::',(dir==='fwd'?f.reasons.map(r=>r.kind+': '+r.text).join(' / ').slice(0,500):f.reasons.map(r=>r.kind).join()));
    for(const d of c.data) console.log('    DATA',d.status,d.name,d.section,d.size);
    for(const d of c.refusals) console.log('    REFUSED',d.code,d.symbol,d.section,d.message);
  }}
}
